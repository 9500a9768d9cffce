{
  "variables": {
    "addon_file": [
      "pageheap.node"
    ],
    "addon_sources": [
      "native/addon.cc",
      "native/bench.cc",
      "native/crash.cc",
      "native/file-lock.cc",
      "native/futex.cc",
      "native/look.cc",
      "native/mapping.cc",
      "native/pipe.cc",
      "native/poison.cc",
      "native/process.cc",
      "native/residency.cc",
      "native/smaps.cc",
      "native/views.cc",
      "native/windows.cc"
    ],
    "addon_defines": [
      "NAPI_VERSION=8",
      "NAPI_DISABLE_CPP_EXCEPTIONS",
      "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
    ],
    "addon_flags": [
      "-std=c++17",
      "-O2",
      "-fno-exceptions",
      "-fno-rtti",
      "-fvisibility=hidden",
      "-Wall",
      "-Wextra",
      "-Wno-unused-parameter"
    ],
    "recorder_sources": [
      "native/recorder-exec.c",
      "native/recorder-malloc.c",
      "native/recorder-new.c",
      "native/recorder-stream.c"
    ],
    "recorder_flags": [
      "-std=gnu11",
      "-O2",
      "-fPIC",
      "-fvisibility=hidden",
      "-fno-stack-protector",
      "-Wall",
      "-Wextra",
      "-fasynchronous-unwind-tables",
      "-fno-builtin"
    ],
    "recorder_link_flags": [
      "-nostdlib",
      "-Wl,-z,now",
      "-Wl,--hash-style=both"
    ],
    "replayer_sources": [
      "native/replayer.c"
    ],
    "replayer_flags": [
      "-std=gnu11",
      "-O2",
      "-fPIE",
      "-pthread",
      "-fno-builtin",
      "-Wall",
      "-Wextra"
    ],
    "replayer_link_flags": [
      "-pie",
      "-pthread",
      "-ldl"
    ]
  }
}
