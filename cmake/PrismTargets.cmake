# The ways in which this tree makes targets, so that flags are said once.
# The kinds of precompiled headers (PrismPrecompiled.cmake) of the targets made below a folder.
set(prism_precompiled_kind base)
set(prism_precompiled_test_kind tests)
find_program(PRISM_CCACHE ccache)
if(PRISM_CCACHE)
  # What ccache must overlook to serve sources that use a precompiled header (its manual,
  # "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${PRISM_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${PRISM_CCACHE})
endif()
find_program(PRISM_MOLD mold)
# Not with ThreadSanitizer and not for fuzzers, with which it has not been tried.
if(PRISM_MOLD AND PRISM_SANITIZE MATCHES "^(address,undefined)?$" AND NOT PRISM_BUILD_FUZZERS)
  add_link_options(-fuse-ld=mold)
endif()

# Asio and Beast, whose parts that need not be templates are compiled once (net/asio.cpp).
add_library(prism_asio INTERFACE)
target_compile_definitions(prism_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(prism_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto)

add_library(prism_flags INTERFACE)
target_compile_features(prism_flags INTERFACE cxx_std_20)
target_compile_options(prism_flags INTERFACE -Wall -Wextra -Wpedantic -Werror)
target_include_directories(prism_flags INTERFACE ${PROJECT_SOURCE_DIR})
# Everywhere, so that all targets are compiled with the same definitions and can share precompiled
# headers.
target_link_libraries(prism_flags INTERFACE fmt::fmt spdlog::spdlog tl::expected Boost::headers)
target_compile_definitions(prism_flags INTERFACE
  $<TARGET_PROPERTY:Boost::json,INTERFACE_COMPILE_DEFINITIONS>
  $<TARGET_PROPERTY:Boost::container,INTERFACE_COMPILE_DEFINITIONS>)
if(PRISM_SANITIZE)
  # One translation unit built without the sanitizer would hide its errors, so it is set for all.
  if(PRISM_SANITIZE STREQUAL "thread")
    # ThreadSanitizer does not know fences, which Asio has only for handlers that want them.
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      add_compile_options(-Wno-tsan)
    endif()
    # A function that calls one of a library that is not instrumented is missing in reports, and so is not
    # found in tests/tsan.supp: fmt is compiled here.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK PRISM_THREAD_SANITIZER FMT_HEADER_ONLY)
  endif()
  add_compile_options(-fsanitize=${PRISM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PRISM_SANITIZE})
endif()
# What every test of this tree is run with.
set(prism_test_environment "")
if(PRISM_SANITIZE STREQUAL "address,undefined" AND NOT PRISM_BUILD_FUZZERS)
  # A record of each check for the report of UBSan is a global variable that AddressSanitizer
  # registers: a million of them were most of the time of a short test. So a failed check is a trap,
  # whose stack AddressSanitizer prints. There is no check of vptr then. Without relocation at the
  # start for the same reason.
  add_compile_options(-fsanitize-undefined-trap-on-error -fno-sanitize=vptr -fno-pie)
  add_link_options(-no-pie)
  # 2: Catch must not take the signal instead. What is freed is kept aside for a while, by default 256 MB
  # of it: a third of the kernel's time in a large test is for that. clang would also keep the stack frames
  # of functions that have returned, which is memory that tests of memory would count.
  set(prism_test_environment ENVIRONMENT
    ASAN_OPTIONS=handle_sigill=2:quarantine_size_mb=32:detect_stack_use_after_return=0)
elseif(PRISM_SANITIZE STREQUAL "thread")
  # The list of false reports has names of functions, which clang's runtime does not always find without it.
  find_program(prism_symbolizer llvm-symbolizer)
  if(prism_symbolizer)
    set(prism_symbolizer_option ":external_symbolizer_path=${prism_symbolizer}")
  endif()
  set(prism_test_environment ENVIRONMENT
    "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:second_deadlock_stack=1${prism_symbolizer_option}")
endif()

# prism_library(NAME dep...): a static library of every .cpp beside the calling CMakeLists.txt.
function(prism_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(prism_${name} STATIC ${sources})
    target_link_libraries(prism_${name} PUBLIC prism_flags ${ARGN})
    prism_precompiled(prism_${name} ${prism_precompiled_kind})
  else()
    add_library(prism_${name} INTERFACE)
    target_link_libraries(prism_${name} INTERFACE prism_flags ${ARGN})
  endif()
endfunction()

# prism_room(FOLDER dep...): the library of a folder below the calling CMakeLists.txt. Its name says
# where it is: db/pg is prism_db_pg. What a room may include is what it links; the table of
# tests/rules/includes.txt holds for headers, too.
function(prism_room folder)
  file(RELATIVE_PATH module ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" name "prism_${module}_${folder}")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC prism_flags ${ARGN})
    prism_precompiled(${name} ${prism_precompiled_kind})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE prism_flags ${ARGN})
  endif()
endfunction()

# What `ctest -L "unit|integration"` needs, and nothing else.
add_custom_target(prism_tests)

# Where the tests learn of the PostgreSQL server of their run of ctest: see tests/support/test_postgres.main.cpp.
set(prism_test_servers ${PROJECT_BINARY_DIR}/tests/servers)

# prism_test(NAME LABEL [DATABASE] dep...): one Catch2 program of every *.test.cpp below the calling
# CMakeLists.txt, but for folders that have a CMakeLists.txt of their own. ctest starts it once for each
# file: most cases take less time than a start. DATABASE: it uses pg_fixture, so ctest starts a server before
# the first of its cases and stops it after the last one; and it starts the program once for each case, which
# has a database of its own.
function(prism_test name label)
  cmake_parse_arguments(PARSE_ARGV 2 arg DATABASE "" "")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.test.cpp)
  file(GLOB others ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(other ${others})
    get_filename_component(other ${other} DIRECTORY)
    list(FILTER sources EXCLUDE REGEX "^${other}/")
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  add_dependencies(prism_tests ${name})
  target_link_libraries(${name} PRIVATE prism_test_main ${arg_UNPARSED_ARGUMENTS})
  prism_precompiled(${name} ${prism_precompiled_test_kind})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 warns of the concatenation of strings in the expressions of Catch (GCC bug 105651).
    target_compile_options(${name} PRIVATE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow)
  endif()
  target_compile_definitions(${name} PRIVATE
    PRISM_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PRISM_BINARY_DIR="${PROJECT_BINARY_DIR}")
  set(properties LABELS ${label} TIMEOUT 900 ${prism_test_environment})
  if(arg_DATABASE)
    add_dependencies(${name} test_postgres)
    catch_discover_tests(${name} TEST_PREFIX "${label}: " PROPERTIES ${properties} FIXTURES_REQUIRED postgres
      ENVIRONMENT_MODIFICATION "PRISM_TEST_SERVERS=set:${prism_test_servers}")
    return()
  endif()
  set(stems "")
  foreach(source ${sources})
    get_filename_component(stem ${source} NAME_WLE)
    if(stem IN_LIST stems)
      message(FATAL_ERROR "${name} has two files ${stem}.cpp, of which Catch would run both")
    endif()
    list(APPEND stems ${stem})
    file(RELATIVE_PATH which ${PROJECT_SOURCE_DIR}/tests ${source})
    string(REGEX REPLACE "^unit/|\\.test\\.cpp$" "" which ${which})
    # ~[.]: none of those that only run when asked for by name
    add_test(NAME "${label}: ${which}"
      COMMAND ${name} --filenames-as-tags "[#${stem}]~[.]" --warn NoTests --durations yes)
    set_tests_properties("${label}: ${which}" PROPERTIES ${properties})
  endforeach()
endfunction()

# prism_alone(FILE...): compiled alone in unity builds too, for example because its names in unnamed
# namespaces are also another file's.
function(prism_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# prism_trusts_library(TARGET): with sanitizers g++ 12 takes variables inside <regex> and inside
# Asio's futures for uninitialised.
function(prism_trusts_library target)
  if(PRISM_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU AND TARGET ${target})
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
endfunction()
