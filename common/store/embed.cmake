# SPDX-License-Identifier: MPL-2.0
# Turns a text file into a C string: cmake -DIN=<file> -DOUT=<file.c> -DNAME=<identifier> -P embed.cmake
# Numbers instead of a literal, because C11 promises only 4095 characters of one.
file(READ "${IN}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
get_filename_component(source "${IN}" NAME)
file(WRITE "${OUT}" "/* Made from ${source}; do not edit. */\n"
  "extern const unsigned char ${NAME}[];\nconst unsigned char ${NAME}[] = {\n${bytes}0};\n")
