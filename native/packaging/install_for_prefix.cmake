# Run by `cmake --install`: the unit and the configuration file, for the prefix of this installation.
# In: CMAKE_INSTALL_PREFIX; from install.cmake: bindir, sysconfdir (either relative to it, or
# absolute), source, generated. file(INSTALL) heeds DESTDIR.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr" AND sysconfdir STREQUAL "etc")
  set(sysconfdir /etc)
endif()
cmake_path(ABSOLUTE_PATH bindir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")
cmake_path(ABSOLUTE_PATH sysconfdir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")

configure_file(${source}/isocached.service.in ${generated}/isocached.service @ONLY)
file(INSTALL ${generated}/isocached.service ${source}/isocached.socket
  DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
# An administrator's own stays.
if(NOT EXISTS "$ENV{DESTDIR}${sysconfdir}/isocached/isocached.conf")
  file(INSTALL ${generated}/isocached.conf DESTINATION "${sysconfdir}/isocached")
endif()
