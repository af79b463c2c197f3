# The native addon. Kernels are one source, compiled once per CPU level in a namespace of its own; the runtime
# chooses a level when it is loaded. CBLAS is opened at run time and never linked.
{
  'variables': {
    'kernel_sources': ['<!@(node scripts/native-sources.mjs native/kernels)'],
  },
  'target_defaults': {
    'include_dirs': ['native'],
    'cflags': [
      '-O3', '-fvisibility=hidden', '-fno-math-errno', '-ffp-contract=off', '-Wall', '-Wextra',
    ],
    'cflags_cc': ['-std=c++20', '-fno-exceptions', '-fno-rtti', '-fvisibility-inlines-hidden'],
    'xcode_settings': {
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
      'CLANG_CXX_LIBRARY': 'libc++',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
      'GCC_OPTIMIZATION_LEVEL': '3',
      'GCC_ENABLE_CPP_EXCEPTIONS': 'NO',
      'GCC_ENABLE_CPP_RTTI': 'NO',
      'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
      'OTHER_CFLAGS': ['-fno-math-errno', '-ffp-contract=off'],
    },
  },
  'targets': [
    {
      'target_name': 'ostinato',
      'sources': ['<!@(node scripts/native-sources.mjs native/addon.cc native/binding native/runtime)'],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': ['NAPI_VERSION=8', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
      'cflags': ['-pthread'],
      # The order matters: where two levels instantiate the same inline function, the linker keeps the first
      # copy it meets, so the lowest level has to come first.
      'dependencies': ['kernels_scalar'],
      'conditions': [
        ['target_arch=="x64"', { 'dependencies': ['kernels_avx2', 'kernels_avx512'] }],
        ['target_arch=="arm64"', { 'dependencies': ['kernels_neon'] }],
        ['OS=="linux"', {
          'libraries': ['-ldl', '-lpthread'],
          'ldflags': ['-static-libgcc', '-static-libstdc++', '-Wl,--exclude-libs,ALL'],
        }],
      ],
    },
    {
      'target_name': 'kernels_scalar',
      'type': 'static_library',
      'sources': ['<@(kernel_sources)'],
      'defines': ['OSTINATO_LEVEL=scalar'],
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'kernels_avx2',
          'type': 'static_library',
          'sources': ['<@(kernel_sources)'],
          'defines': ['OSTINATO_LEVEL=avx2'],
          'cflags': ['-mavx2', '-mfma'],
          'xcode_settings': { 'OTHER_CFLAGS': ['-mavx2', '-mfma'] },
        },
        {
          'target_name': 'kernels_avx512',
          'type': 'static_library',
          'sources': ['<@(kernel_sources)'],
          'defines': ['OSTINATO_LEVEL=avx512'],
          'cflags': ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma'],
          'xcode_settings': {
            'OTHER_CFLAGS': ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma'],
          },
        },
      ],
    }],
    ['target_arch=="arm64"', {
      'targets': [
        {
          'target_name': 'kernels_neon',
          'type': 'static_library',
          'sources': ['<@(kernel_sources)'],
          'defines': ['OSTINATO_LEVEL=neon'],
        },
      ],
    }],
  ],
}
