# Precompiled headers, one for each kind of target, made once and shared. Sources do not rely on
# them: -DPRISM_PRECOMPILED=OFF builds without, and clang-tidy and the fuzzers do.
option(PRISM_PRECOMPILED "Precompile the headers that most sources include" ON)
if(PRISM_BUILD_FUZZERS)
  set(PRISM_PRECOMPILED OFF)
endif()

# prism_precompiled_owner(KIND dep...): the target whose header the others of this kind use.
function(prism_precompiled_owner kind)
  if(NOT PRISM_PRECOMPILED)
    return()
  endif()
  set(name prism_precompiled_${kind})
  add_library(${name} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled/owner.cpp)
  target_link_libraries(${name} PRIVATE prism_flags ${ARGN})
  target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/${kind}.hpp)
endfunction()

# With sanitizers the tests themselves are compiled without optimisation and line tables, which halves
# their time to compile: what they test is what matters.
add_library(prism_test_flags INTERFACE)
if(PRISM_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  target_compile_options(prism_test_flags INTERFACE -O0 -g0)
endif()

# prism_precompiled(TARGET KIND)
function(prism_precompiled target kind)
  if(kind MATCHES "tests$")
    target_link_libraries(${target} PRIVATE prism_test_flags)
  endif()
  if(PRISM_PRECOMPILED AND TARGET prism_precompiled_${kind})
    target_precompile_headers(${target} REUSE_FROM prism_precompiled_${kind})
  endif()
endfunction()

prism_precompiled_owner(base)
prism_precompiled_owner(actors CAF::io)
prism_precompiled_owner(net prism_asio)
if(PRISM_BUILD_TESTS)
  prism_precompiled_owner(tests prism_test_flags Catch2::Catch2)
  prism_precompiled_owner(actor_tests prism_test_flags Catch2::Catch2 CAF::io)
endif()
