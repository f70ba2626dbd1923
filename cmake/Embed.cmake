# portcullis_embed(PART FILE HEADER NAMESPACE SYMBOL): the text of src/PART/FILE as `const std::string_view
# NAMESPACE::SYMBOL`, which src/PART/HEADER declares. A raw string literal; what it must not hold is its end mark.
function(portcullis_embed PART FILE HEADER NAMESPACE SYMBOL)
  set(source ${CMAKE_SOURCE_DIR}/src/${PART}/${FILE})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(READ ${source} text)
  set(made ${CMAKE_BINARY_DIR}/embedded/${PART}/${FILE}.cpp)
  # In pieces: a compiler need not take literals of more than 64 KiB.
  string(LENGTH "${text}" length)
  set(literals "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 16000 piece)
    string(APPEND literals "R\"pct-embedded(${piece})pct-embedded\"\n")
    math(EXPR at "${at} + 16000")
  endwhile()
  file(CONFIGURE OUTPUT ${made} @ONLY CONTENT
    "#include \"${HEADER}\"\nnamespace ${NAMESPACE} {\nconst std::string_view ${SYMBOL} =\n@literals@;\n}\n")
  target_sources(portcullis_${PART} PRIVATE ${made})
endfunction()
