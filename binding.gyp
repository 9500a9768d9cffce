{
  'targets': [
    {
      'target_name': 'pageheap',
      'sources': [
        'native/addon.cc',
        'native/bench.cc',
        'native/crash.cc',
        'native/file-lock.cc',
        'native/futex.cc',
        'native/look.cc',
        'native/mapping.cc',
        'native/poison.cc',
        'native/process.cc',
        'native/residency.cc',
        'native/smaps.cc',
        'native/views.cc',
      ],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      # The last: a worker that is terminated within a call can throw no more, which must not end the process.
      'defines': [
        'NAPI_VERSION=8', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-frtti', '-fexceptions'],
      'cflags_cc': [
        '-std=c++17', '-O2', '-fno-exceptions', '-fno-rtti', '-fvisibility=hidden',
        '-Wall', '-Wextra', '-Wpedantic', '-Wno-unused-parameter',
      ],
    },
    {
      # What `pageheap record` preloads into programs: C, with no library behind it, so that it loads
      # wherever a program does. It is no addon: scripts/install.js calls it pageheap-record.so.
      'target_name': 'pageheap-record',
      'sources': ['native/recorder-exec.c', 'native/recorder-malloc.c', 'native/recorder-stream.c'],
      'cflags!': ['-pthread', '-fno-omit-frame-pointer'],
      # The last: with knowledge of malloc, the compiler would make calls of it out of those here.
      'cflags': [
        '-std=gnu11', '-O2', '-fPIC', '-fvisibility=hidden', '-fno-stack-protector', '-Wall', '-Wextra', '-fno-builtin',
      ],
      'ldflags!': ['-pthread', '-rdynamic'],
      'ldflags': ['-nostdlib', '-Wl,-z,now', '-Wl,-Bsymbolic-functions', '-Wl,--hash-style=both'],
      'libraries!': ['-lpthread'],
    },
  ],
}
