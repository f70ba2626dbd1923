# Language level, warnings and hardening for our own code, and the sanitizer switch.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What ccache needs to be told to work with precompiled headers, by its manual.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

set(PORTCULLIS_SANITIZE "" CACHE STRING "address (with undefined) or thread; empty: none")
option(PORTCULLIS_FUZZ "Build the fuzz targets; needs clang" OFF)

add_library(portcullis_options INTERFACE)
target_compile_options(portcullis_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns wrongly about string concatenation (GCC PR 105651)
  target_compile_options(portcullis_options INTERFACE -Wno-restrict)
endif()
if(PORTCULLIS_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc warns wrongly about bounds and null once sanitizers have rewritten the code
  target_compile_options(portcullis_options INTERFACE -Wno-null-dereference -Wno-error=maybe-uninitialized)
endif()

if(PORTCULLIS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(PORTCULLIS_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(PORTCULLIS_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(PORTCULLIS_SANITIZE)
  message(FATAL_ERROR "PORTCULLIS_SANITIZE is address or thread, saw: ${PORTCULLIS_SANITIZE}")
else()
  add_compile_options(-fstack-protector-strong)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_definitions(_FORTIFY_SOURCE=2)
  endif()
  add_link_options(-Wl,-z,relro,-z,now)
endif()
