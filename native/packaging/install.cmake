# What belongs to an installed isocached, in a component of that name. The manual page, completions
# and configuration file are made by the program itself, which has the one table of flags.
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME isocached)

set(generated ${CMAKE_CURRENT_BINARY_DIR}/packaging)
# generate(WHAT FILE): what `isocached --print WHAT` prints.
function(generate what file)
  add_custom_command(
    OUTPUT ${generated}/${file}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
    COMMAND isocached --print ${what} > ${generated}/${file}
    DEPENDS isocached VERBATIM)
endfunction()
generate(man isocached.1)
generate(bash isocached.bash)
generate(zsh _isocached)
generate(fish isocached.fish)
generate(config isocached.conf)
add_custom_target(isocached_packaging ALL DEPENDS
  ${generated}/isocached.1 ${generated}/isocached.bash ${generated}/_isocached
  ${generated}/isocached.fish ${generated}/isocached.conf)

install(TARGETS isocached)
install(FILES ${generated}/isocached.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${generated}/isocached.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME isocached)
install(FILES ${generated}/_isocached DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${generated}/isocached.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES packaging/monitoring/dashboard.json packaging/monitoring/alerts.yml
  DESTINATION ${CMAKE_INSTALL_DATADIR}/isocached)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/isocached RENAME copyright)
# What depends on the prefix waits for it: `cmake --install --prefix` may still change it.
install(CODE "
  set(bindir \"${CMAKE_INSTALL_BINDIR}\")
  set(sysconfdir \"${CMAKE_INSTALL_SYSCONFDIR}\")
  set(source \"${CMAKE_CURRENT_SOURCE_DIR}/packaging\")
  set(generated \"${generated}\")")
install(SCRIPT packaging/install_for_prefix.cmake)
