# Run by cpack when the files are in place and before they are packed: what a Debian package has besides
# what is installed elsewhere. In: CPACK_TEMPORARY_DIRECTORY, CPACK_PACKAGE_VERSION and so on; from
# cpack.cmake: CPACK_ISOCACHED_SOURCE, CPACK_ISOCACHED_COMPILED_IN.
set(root ${CPACK_TEMPORARY_DIRECTORY}/isocached/usr/share)
set(doc ${root}/doc/isocached)

# compress(FILE): FILE.gz in its place, without name and time.
function(compress file)
  execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(COPY_FILE ${CPACK_ISOCACHED_SOURCE}/CHANGELOG.md ${doc}/changelog)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${doc}/changelog.Debian
  "isocached (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
  "  * What has changed is in changelog.gz.\n\n"
  " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
compress(${doc}/changelog)
compress(${doc}/changelog.Debian)
compress(${root}/man/man1/isocached.1)

# As their own packages have them.
file(MAKE_DIRECTORY ${doc}/compiled-in)
foreach(package ${CPACK_ISOCACHED_COMPILED_IN})
  if(EXISTS /usr/share/doc/${package}/copyright)
    file(COPY_FILE /usr/share/doc/${package}/copyright ${doc}/compiled-in/${package})
  endif()
endforeach()

file(GLOB_RECURSE files ${doc}/* ${root}/man/*)
foreach(file ${files})
  file(CHMOD ${file} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endforeach()
