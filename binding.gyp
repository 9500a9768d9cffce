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
  ],
}
