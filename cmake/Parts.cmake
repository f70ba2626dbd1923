# What the optimizer is told where nothing is hot: half the time of a Release build was its work there.
set(PORTCULLIS_QUICK $<$<CONFIG:Release>:-O1>)

# portcullis_part(NAME QUICK PARTS <parts it may use> LIBS <third-party libraries, private to it>
#                 HEADERS <of those libraries, that many of its files include>)
#
# One part = include/portcullis/NAME (what others may use), src/NAME (implementation and private
# headers), one static library, tests/NAME. Third-party libraries are linked PRIVATE: a part that
# does not name one cannot include it. QUICK: it reads flags and files and writes words, so that
# compiling it fast is worth more than fast code.
function(portcullis_part NAME)
  cmake_parse_arguments(ARG "QUICK" "" "PARTS;LIBS;HEADERS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${NAME}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(portcullis_${NAME} STATIC ${sources})
  set_target_properties(portcullis_${NAME} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(portcullis_${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/include
                                                PRIVATE ${CMAKE_SOURCE_DIR}/src/${NAME})
  list(TRANSFORM ARG_PARTS PREPEND portcullis_)
  target_link_libraries(portcullis_${NAME}
    PUBLIC ${ARG_PARTS} tl::expected Threads::Threads
    PRIVATE portcullis_options ${ARG_LIBS})
  if(ARG_QUICK)
    target_compile_options(portcullis_${NAME} PRIVATE ${PORTCULLIS_QUICK})
  endif()
  portcullis_precompile(portcullis_${NAME} ${ARG_HEADERS})
endfunction()

# portcullis_program(NAME PART): src/PART/main.cpp linked with its part.
function(portcullis_program NAME PART)
  add_executable(${NAME} ${CMAKE_SOURCE_DIR}/src/${PART}/main.cpp)
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/src/${PART})
  target_link_libraries(${NAME} PRIVATE portcullis_options portcullis_${PART})
  target_compile_definitions(${NAME} PRIVATE PORTCULLIS_VERSION="${PROJECT_VERSION}")
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# portcullis_test(PART LIBS <more libraries> TOGETHER <filter>): tests/PART/*.cpp as one test program.
# Each test is a process of its own, but for those that the filter names: one process runs them all, because
# what they need is slow to start, or because they are so many and so short (`*/*`: the rows of tables).
function(portcullis_test PART)
  cmake_parse_arguments(ARG "" "TOGETHER" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${PART}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(portcullis_${PART}_test ${sources})
  target_include_directories(portcullis_${PART}_test PRIVATE
    ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/src/${PART})
  target_compile_options(portcullis_${PART}_test PRIVATE ${PORTCULLIS_QUICK})
  target_link_libraries(portcullis_${PART}_test PRIVATE
    portcullis_options ${ARG_LIBS} portcullis_test_support GTest::gtest GTest::gmock GTest::gtest_main)
  portcullis_precompile(portcullis_${PART}_test <gtest/gtest.h> <gmock/gmock.h>)
  set(apart "*")
  if(ARG_TOGETHER)
    set(apart "-${ARG_TOGETHER}")
    add_test(NAME ${PART}_together COMMAND portcullis_${PART}_test --gtest_filter=${ARG_TOGETHER}
             --gtest_brief=1)
    set_tests_properties(${PART}_together PROPERTIES TIMEOUT 900 LABELS ${PART})
  endif()
  gtest_discover_tests(portcullis_${PART}_test NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 TEST_FILTER ${apart}
    PROPERTIES TIMEOUT 300 LABELS ${PART})
endfunction()
