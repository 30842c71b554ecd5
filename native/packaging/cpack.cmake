# The Debian package, which `cpack` makes of what install.cmake installs. Run by ./dev package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME isocached)
set(CPACK_PACKAGE_VENDOR isocache)
set(ISOCACHE_MAINTAINER "isocache maintainers <maintainers@isocache.invalid>" CACHE STRING
    "Who answers for the Debian package: Name <address>")
set(CPACK_PACKAGE_CONTACT "${ISOCACHE_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1 CACHE STRING "What follows the version: 1 for its first package")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_SOURCE_DIR}/build/package)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)

# Below /usr and /etc, as install_for_prefix.cmake places it: not relocatable.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL isocached)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ISOCACHED_PACKAGE_NAME isocached)

set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "memcached-compatible cache server")
set(CPACK_COMPONENT_ISOCACHED_DESCRIPTION
"isocached speaks memcached's text, meta and binary protocols, over TCP, TLS,
unix sockets and WebSocket. More items fit in the same memory, fewer requests
miss, and a request for a value of up to 10 KB costs less CPU. What memory has
no room for can go to a file on flash.")
# Libraries are found by dpkg-shlibdeps. The package's own scripts need adduser.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus")
set(debian ${CMAKE_CURRENT_SOURCE_DIR}/packaging/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/postinst ${debian}/prerm ${debian}/postrm ${debian}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Compressed pages, the change log, and the licences of headers that are compiled in. (Boost's asks for no copy with a
# program.)
set(CPACK_ISOCACHED_SOURCE ${PROJECT_SOURCE_DIR})
set(CPACK_ISOCACHED_COMPILED_IN libcli11-dev nlohmann-json3-dev)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/packaging/cpack_files.cmake)
include(CPack)
