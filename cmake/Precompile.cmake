# Headers of the standard library and of other projects are read once for a part instead of once for each of its files:
# that takes more than a quarter off a build. Our own headers stay out, so that a change to one rebuilds what it did before.
# A file still includes all it uses: `cmake --preset dev` and the fuzz targets compile without.
option(PORTCULLIS_PRECOMPILE "Precompile headers of parts with many files" ON)

# Below this many files the header costs more than it saves.
set(PORTCULLIS_PRECOMPILE_FROM 8)

set(PORTCULLIS_PRECOMPILED
  <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <deque> <filesystem> <fstream> <functional> <map>
  <memory> <mutex> <optional> <ranges> <set> <span> <sstream> <string> <string_view> <thread> <tuple> <unordered_map>
  <utility> <variant> <vector> <tl/expected.hpp>)

# portcullis_precompile(TARGET <more headers>)
function(portcullis_precompile TARGET)
  get_target_property(sources ${TARGET} SOURCES)
  list(LENGTH sources count)
  if(NOT PORTCULLIS_PRECOMPILE OR count LESS PORTCULLIS_PRECOMPILE_FROM)
    return()
  endif()
  target_precompile_headers(${TARGET} PRIVATE ${PORTCULLIS_PRECOMPILED} ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ forgets which of the precompiled headers are the system's, and then finds fault with them.
    target_compile_options(${TARGET} PRIVATE -Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow)
    if(CCACHE)
      target_compile_options(${TARGET} PRIVATE -fpch-preprocess)
    endif()
  endif()
endfunction()
