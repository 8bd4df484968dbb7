# The Debian package "prism": cpack --config build/release/CPackConfig.cmake (scripts/package).
# Its files are the install component "package", in the places of a distribution; other installs leave
# it out, since it writes to absolute paths.
set(manual ${CMAKE_CURRENT_BINARY_DIR}/manual)
file(MAKE_DIRECTORY ${manual})
find_program(PRISM_GZIP gzip REQUIRED)
set(prism_package_files "")

# prism_package_file(OUTPUT COMMAND... DEPENDS dep...): a file that COMMAND, a line for sh, writes to
# its standard output.
function(prism_package_file output command)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPENDS")
  add_custom_command(OUTPUT ${manual}/${output} COMMAND sh -c "${command} >'${manual}/${output}'"
    DEPENDS ${arg_DEPENDS} VERBATIM)
  set(prism_package_files ${prism_package_files} ${manual}/${output} PARENT_SCOPE)
endfunction()

set(compress "| '${PRISM_GZIP}' -9n")
prism_package_file(prismd.8.gz "'$<TARGET_FILE:prism-manual>' page ${compress}" DEPENDS prism-manual)
prism_package_file(prismd.completion "'$<TARGET_FILE:prism-manual>' completion" DEPENDS prism-manual)
prism_package_file(changelog.gz "'${PRISM_GZIP}' -9nc '${PROJECT_SOURCE_DIR}/deploy/debian/changelog'"
  DEPENDS ${PROJECT_SOURCE_DIR}/deploy/debian/changelog)
set(man1 "")
if(TARGET prismctl)
  set(summary "look into running nodes of Prism, and act on them")
  prism_package_file(prismctl.1.gz
    "'$<TARGET_FILE:prismctl>' --help | '$<TARGET_FILE:prism-manual>' page-of prismctl 1 '${summary}' ${compress}"
    DEPENDS prism-manual prismctl)
  prism_package_file(prismctl.completion "'$<TARGET_FILE:prismctl>' completion bash" DEPENDS prismctl)
  set(man1 ${manual}/prismctl.1.gz)
endif()
add_custom_target(prism_package ALL DEPENDS ${prism_package_files} prismd)

set(of_package COMPONENT package EXCLUDE_FROM_ALL)
install(TARGETS prismd DESTINATION /usr/bin ${of_package})
if(TARGET prismctl)
  add_dependencies(prism_package prismctl)
  install(TARGETS prismctl DESTINATION /usr/bin ${of_package})
  install(FILES ${man1} DESTINATION /usr/share/man/man1 ${of_package})
  install(FILES ${manual}/prismctl.completion DESTINATION /usr/share/bash-completion/completions
    RENAME prismctl ${of_package})
endif()
install(FILES config/prismd.conf DESTINATION /etc/prism ${of_package})
install(FILES deploy/systemd/prismd.service DESTINATION /lib/systemd/system ${of_package})
install(FILES deploy/systemd/sysusers.conf DESTINATION /usr/lib/sysusers.d RENAME prism.conf ${of_package})
install(FILES ${manual}/prismd.8.gz DESTINATION /usr/share/man/man8 ${of_package})
install(FILES ${manual}/prismd.completion DESTINATION /usr/share/bash-completion/completions
  RENAME prismd ${of_package})
install(FILES ${manual}/changelog.gz deploy/debian/copyright README.md DESTINATION /usr/share/doc/prism
  ${of_package})
install(DIRECTORY docs/ DESTINATION /usr/share/doc/prism ${of_package} FILES_MATCHING PATTERN "*.md")
install(DIRECTORY deploy/pgbouncer deploy/cluster deploy/appview DESTINATION /usr/share/doc/prism/examples ${of_package}
  PATTERN try.sh EXCLUDE) # it needs the source tree
install(FILES deploy/debian/lintian-overrides DESTINATION /usr/share/lintian/overrides RENAME prism
  ${of_package})
foreach(folder prometheus grafana)
  if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/${folder})
    install(DIRECTORY deploy/${folder} DESTINATION /usr/share/prism ${of_package})
  endif()
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};${PROJECT_NAME};package;/")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME prism)
set(CPACK_PACKAGE_CONTACT "The authors of Prism <prism@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "index of the atproto firehose in PostgreSQL")
set(CPACK_PACKAGE_DESCRIPTION
"prismd follows one relay's stream of events of the AT Protocol
(com.atproto.sync.subscribeRepos), and turns it into rows of PostgreSQL
without losing or duplicating anything. The package has the service with
its unit, its settings and its manual.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, postgresql (>= 15)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "pgbouncer, prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(file conffiles postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/deploy/debian/${file})
endforeach()
include(CPack)
