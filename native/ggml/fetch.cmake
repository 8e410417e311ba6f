# The release source that the npm package node-llama-cpp carries as a git bundle: fetched with npm's own client, from whatever
# registry that client is set up for, and checked against the hash below. A version bump changes these three lines.
set(CHROMA_GGML_PACKAGE node-llama-cpp)
set(CHROMA_GGML_PACKAGE_VERSION 3.22.1) # ggml 0.25.1
set(CHROMA_GGML_BUNDLE_SHA512
    7a8cda55c84c8ddb3cb803e4b5c46af22de26f4ad368fe61dfdc9d2a991ca52de7fcba9da97f0e1002fec7514abd8ccaeed6591c315a968007e3a82d64d1255b)

function(chroma_run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${what} failed (${code}):\n${output}\nOr set CHROMA_GGML_DIR to a ggml checkout.")
  endif()
endfunction()

function(chroma_fetch_ggml result)
  set(cache ${CMAKE_SOURCE_DIR}/../.cache/ggml)
  cmake_path(NORMAL_PATH cache)
  set(source ${cache}/${CHROMA_GGML_PACKAGE}-${CHROMA_GGML_PACKAGE_VERSION})
  if(NOT EXISTS ${source}/ggml/include/ggml.h)
    find_program(NPM npm REQUIRED)
    find_package(Git REQUIRED)
    set(staging ${cache}/staging)
    file(REMOVE_RECURSE ${staging} ${source})
    file(MAKE_DIRECTORY ${staging})
    message(STATUS "Fetching ggml: ${CHROMA_GGML_PACKAGE} ${CHROMA_GGML_PACKAGE_VERSION}")
    chroma_run("npm pack" ${NPM} pack --silent --pack-destination ${staging}
               ${CHROMA_GGML_PACKAGE}@${CHROMA_GGML_PACKAGE_VERSION})
    chroma_run("Unpacking" ${CMAKE_COMMAND} -E chdir ${staging}
               ${CMAKE_COMMAND} -E tar xzf ${CHROMA_GGML_PACKAGE}-${CHROMA_GGML_PACKAGE_VERSION}.tgz
               package/llama/gitRelease.bundle)
    set(bundle ${staging}/package/llama/gitRelease.bundle)
    file(SHA512 ${bundle} actual)
    if(NOT actual STREQUAL CHROMA_GGML_BUNDLE_SHA512)
      message(FATAL_ERROR "The ggml bundle has SHA-512\n  ${actual}\nbut\n  ${CHROMA_GGML_BUNDLE_SHA512}\nis pinned.")
    endif()
    chroma_run("git clone" ${GIT_EXECUTABLE} -c advice.detachedHead=false clone --quiet ${bundle} ${staging}/source)
    # Renamed last, so that an interrupted fetch is never taken for a finished one.
    file(RENAME ${staging}/source ${source})
    file(REMOVE_RECURSE ${staging})
  endif()
  set(${result} ${source}/ggml PARENT_SCOPE)
endfunction()
