# SPDX-License-Identifier: MPL-2.0
# Reference model, invariants and narrator of the simulator, and the tests that show that each can fail.
set(sim_checks model.c model_body.c model_needs.c check.c check_look.c check_wire.c check_custody.c check_ledger.c
  check_live.c)
set(sim_story story.c)

# ts_sim_test(<name> SOURCES …)
function(ts_sim_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  add_executable(${name} ${name}.c ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ts_support ts_node ts_flags ts_warnings ts_test_warnings TS::cmocka)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name} PRIVATE TS_TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    TS_TEST_BINARY_DIR="${PROJECT_BINARY_DIR}" TS_LOCALE_DIR="${TS_LOCALE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "sim;proof" TIMEOUT 120)
endfunction()

ts_sim_test(test_sim_model SOURCES model.c model_body.c model_needs.c)
ts_sim_test(test_sim_check SOURCES check_bench.c ${sim_checks})
