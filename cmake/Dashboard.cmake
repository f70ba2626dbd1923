# The dashboard: TypeScript below src/dashboard, made into one script and one style sheet by esbuild and then into a
# C++ source, so that the program carries it. npm works in the build tree; the source tree stays as it is.
option(PORTCULLIS_DASHBOARD "Build the dashboard into the program; needs node and npm" ON)

function(portcullis_dashboard)
  set(source ${CMAKE_SOURCE_DIR}/src/dashboard)
  set(work ${CMAKE_BINARY_DIR}/dashboard)
  if(NOT PORTCULLIS_DASHBOARD)
    file(CONFIGURE OUTPUT ${work}/no_assets.cpp CONTENT
      "#include \"embedded.hpp\"\nnamespace portcullis::dashboard {\nconst std::span<const Asset> kAssets;\nconst std::span<const std::string_view> kPages;\n}\n")
    target_sources(portcullis_dashboard PRIVATE ${work}/no_assets.cpp)
    return()
  endif()

  find_program(PORTCULLIS_NODE node)
  find_program(PORTCULLIS_NPM npm)
  if(NOT PORTCULLIS_NODE OR NOT PORTCULLIS_NPM)
    message(FATAL_ERROR "The dashboard needs node and npm (packages nodejs, npm). "
                        "Without them: cmake -DPORTCULLIS_DASHBOARD=OFF")
  endif()
  foreach(file package.json package-lock.json .npmrc tsconfig.json)
    configure_file(${source}/${file} ${work}/${file} COPYONLY)
  endforeach()
  # By links, so that imports are looked for beside node_modules.
  file(CREATE_LINK ${source}/web ${work}/web SYMBOLIC)
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/tests/dashboard ${work}/tests SYMBOLIC)

  set(installed ${work}/node_modules/.package-lock.json)
  add_custom_command(OUTPUT ${installed}
    COMMAND ${PORTCULLIS_NPM} ci --silent --no-progress
    DEPENDS ${work}/package.json ${work}/package-lock.json ${work}/.npmrc
    WORKING_DIRECTORY ${work}
    COMMENT "Fetching what the dashboard is made of" VERBATIM)
  file(GLOB_RECURSE parts CONFIGURE_DEPENDS ${source}/web/*)
  set(made ${work}/assets.cpp)
  add_custom_command(OUTPUT ${made}
    COMMAND ${PORTCULLIS_NODE} ${source}/build.mjs ${made} ${PROJECT_VERSION}
    DEPENDS ${installed} ${parts} ${source}/build.mjs
    WORKING_DIRECTORY ${work}
    COMMENT "Building the dashboard" VERBATIM)
  target_sources(portcullis_dashboard PRIVATE ${made})
endfunction()

# Types and unit tests of the dashboard, and all of it in a browser. Pictures of each page go to dashboard-screenshots.
function(portcullis_dashboard_tests)
  if(NOT PORTCULLIS_DASHBOARD)
    return()
  endif()
  set(work ${CMAKE_BINARY_DIR}/dashboard)
  add_test(NAME dashboard_types COMMAND ${PORTCULLIS_NODE} node_modules/typescript/bin/tsc --noEmit
           WORKING_DIRECTORY ${work})
  add_test(NAME dashboard_unit COMMAND ${PORTCULLIS_NODE} ${CMAKE_SOURCE_DIR}/src/dashboard/test.mjs
           WORKING_DIRECTORY ${work})
  add_test(NAME dashboard_browser
           COMMAND ${PORTCULLIS_NODE} ${CMAKE_SOURCE_DIR}/tests/dashboard/browser/run.mjs
                   $<TARGET_FILE_DIR:portcullis> $<TARGET_FILE:portcullis_dashboard_seed>
                   ${CMAKE_BINARY_DIR}/dashboard-screenshots
           WORKING_DIRECTORY ${work})
  set_tests_properties(dashboard_types dashboard_unit PROPERTIES TIMEOUT 300 LABELS dashboard)
  set_tests_properties(dashboard_browser PROPERTIES TIMEOUT 900 LABELS dashboard PROCESSORS 2
                       SKIP_REGULAR_EXPRESSION "SKIPPED: the dashboard")
endfunction()
