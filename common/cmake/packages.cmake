# SPDX-License-Identifier: MPL-2.0
# Finds every library and tool, and names all missing Debian packages in one message.
# Result: imported interface targets TS::<name>.

find_package(PkgConfig REQUIRED)
set(TS_MISSING "")

# ts_find(<name> <pkg-config module with version> <Debian package>)
function(ts_find name module package)
  pkg_check_modules(TS_PC_${name} QUIET IMPORTED_TARGET GLOBAL "${module}")
  if(TS_PC_${name}_FOUND)
    add_library(TS::${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(TS::${name} INTERFACE PkgConfig::TS_PC_${name})
  else()
    set(TS_MISSING ${TS_MISSING} "${package}" PARENT_SCOPE)
  endif()
endfunction()

# libzmq before 4.3.4 has known remote faults.
ts_find(zmq "libzmq>=4.3.4" libzmq3-dev)
ts_find(czmq "libczmq>=4.2.1" libczmq-dev)
ts_find(protobufc "libprotobuf-c>=1.4.1" libprotobuf-c-dev)
ts_find(sqlite "sqlite3>=3.40" libsqlite3-dev)
ts_find(sodium "libsodium>=1.0.18" libsodium-dev)
ts_find(zstd "libzstd>=1.5" libzstd-dev)
ts_find(archive "libarchive>=3.4" libarchive-dev)
# xlsxwriter's own description names minizip, which its package does not bring along.
ts_find(minizip minizip libminizip-dev)
ts_find(xlsxwriter xlsxwriter libxlsxwriter-dev)
ts_find(utf8proc libutf8proc libutf8proc-dev)
ts_find(jansson "jansson>=2.14" libjansson-dev)

# Only the tests need it: without it they are left out.
pkg_check_modules(TS_PC_cmocka QUIET IMPORTED_TARGET GLOBAL "cmocka>=1.1.5")
if(TS_PC_cmocka_FOUND)
  add_library(TS::cmocka INTERFACE IMPORTED GLOBAL)
  target_link_libraries(TS::cmocka INTERFACE PkgConfig::TS_PC_cmocka)
endif()

# libcsv has no pkg-config description.
find_path(TS_CSV_INCLUDE csv.h)
find_library(TS_CSV_LIBRARY csv)
mark_as_advanced(TS_CSV_INCLUDE TS_CSV_LIBRARY)
if(TS_CSV_INCLUDE AND TS_CSV_LIBRARY)
  add_library(TS::csv INTERFACE IMPORTED GLOBAL)
  target_include_directories(TS::csv INTERFACE "${TS_CSV_INCLUDE}")
  target_link_libraries(TS::csv INTERFACE "${TS_CSV_LIBRARY}")
else()
  list(APPEND TS_MISSING libcsv-dev)
endif()

# `protoc --c_out` takes over where the older name protoc-c is gone.
find_program(TS_PROTOC_C protoc-c)
find_program(TS_PROTOC protoc)
find_program(TS_PROTOC_GEN_C protoc-gen-c)
mark_as_advanced(TS_PROTOC_C TS_PROTOC TS_PROTOC_GEN_C)
if(NOT TS_PROTOC_C AND NOT (TS_PROTOC AND TS_PROTOC_GEN_C))
  list(APPEND TS_MISSING protobuf-c-compiler)
endif()

# Not for the build: deploy/package.sh and deploy/upgrade.sh sign and verify with it.
find_program(TS_MINISIGN minisign)
mark_as_advanced(TS_MINISIGN)
if(NOT TS_MINISIGN)
  list(APPEND TS_MISSING minisign)
endif()

foreach(tool msgfmt msgcat msguniq msgmerge msgattrib xgettext)
  string(TOUPPER "TS_${tool}" variable)
  find_program(${variable} ${tool})
  mark_as_advanced(${variable})
  if(NOT ${variable})
    list(APPEND TS_MISSING gettext)
  endif()
endforeach()

if(TS_MISSING)
  list(REMOVE_DUPLICATES TS_MISSING)
  list(JOIN TS_MISSING " " missing)
  message(FATAL_ERROR "Missing or too old, install with: apt-get install ${missing}")
endif()

# Optional: readiness and watchdog messages to systemd.
pkg_check_modules(TS_PC_systemd QUIET IMPORTED_TARGET GLOBAL libsystemd)
add_library(TS::systemd INTERFACE IMPORTED GLOBAL)
if(TS_PC_systemd_FOUND)
  target_link_libraries(TS::systemd INTERFACE PkgConfig::TS_PC_systemd)
  target_compile_definitions(TS::systemd INTERFACE TS_HAVE_SYSTEMD=1)
endif()
