{
  # What the parts are made of, which `pageheap build` reads as well.
  'includes': ['native/native.gypi'],
  'targets': [
    {
      'target_name': 'pageheap',
      'sources': ['<@(addon_sources)'],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      # The last: a worker that is terminated within a call can throw no more, which must not end the process.
      'defines': ['<@(addon_defines)'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-frtti', '-fexceptions'],
      'cflags_cc': ['<@(addon_flags)', '-Wpedantic'],
    },
    {
      # What `pageheap record` preloads into programs: C, with no library behind it, so that it loads
      # wherever a program does. It is no addon: scripts/build-native.js calls it pageheap-record.so.
      'target_name': 'pageheap-record',
      'sources': ['<@(recorder_sources)'],
      'cflags!': ['-pthread', '-fno-omit-frame-pointer'],
      # The last: with knowledge of malloc, the compiler would make calls of it out of those here.
      'cflags': ['<@(recorder_flags)'],
      'ldflags!': ['-pthread', '-rdynamic'],
      'ldflags': ['<@(recorder_link_flags)'],
      'libraries!': ['-lpthread'],
    },
    {
      # What replays a trace on the malloc that is preloaded into it: a program. scripts/build-native.js calls it
      # pageheap-replay. Without knowledge of malloc, too: no allocation may be left out.
      'target_name': 'pageheap-replay',
      'type': 'executable',
      'sources': ['<@(replayer_sources)'],
      'cflags!': ['-fPIC'],
      'cflags': ['<@(replayer_flags)'],
      'ldflags!': ['-rdynamic'],
      'ldflags': ['-pie'],
      'libraries': ['-pthread', '-ldl'],
    },
  ],
}
