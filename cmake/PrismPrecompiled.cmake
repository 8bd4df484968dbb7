# Precompiled headers, one for each kind of target, made once and shared. Sources do not rely on
# them: -DPRISM_PRECOMPILED=OFF builds without, and clang-tidy and the fuzzers do.
option(PRISM_PRECOMPILED "Precompile the headers that most sources include" ON)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
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

# prism_precompiled(TARGET KIND)
function(prism_precompiled target kind)
  if(PRISM_PRECOMPILED AND TARGET prism_precompiled_${kind})
    target_precompile_headers(${target} REUSE_FROM prism_precompiled_${kind})
  endif()
endfunction()

prism_precompiled_owner(base)
prism_precompiled_owner(actors CAF::io)
if(PRISM_BUILD_TESTS)
  prism_precompiled_owner(tests Catch2::Catch2)
  prism_precompiled_owner(actor_tests Catch2::Catch2 CAF::io)
endif()
