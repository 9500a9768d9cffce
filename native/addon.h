// The parts of the addon. Each adds its calls to the exports of one environment: the addon may be
// loaded by several workers, so nothing of an environment is kept in a global.

#ifndef PAGEHEAP_NATIVE_ADDON_H_
#define PAGEHEAP_NATIVE_ADDON_H_

#include <napi.h>

namespace pageheap {

// Raised whenever a call changes its meaning; lib/os/addon.ts refuses any other number.
inline constexpr int kAddonVersion = 5;

void ExportMapping(Napi::Env env, Napi::Object exports);
void ExportViews(Napi::Env env, Napi::Object exports);
void ExportWindows(Napi::Env env, Napi::Object exports);
void ExportLook(Napi::Env env, Napi::Object exports);
void ExportResidency(Napi::Env env, Napi::Object exports);
void ExportSmaps(Napi::Env env, Napi::Object exports);
void ExportProcess(Napi::Env env, Napi::Object exports);
void ExportFutex(Napi::Env env, Napi::Object exports);
void ExportFileLock(Napi::Env env, Napi::Object exports);
void ExportCrash(Napi::Env env, Napi::Object exports);
void ExportPipe(Napi::Env env, Napi::Object exports);
void ExportPoison(Napi::Env env, Napi::Object exports);
void ExportBench(Napi::Env env, Napi::Object exports);

}  // namespace pageheap

#endif  // PAGEHEAP_NATIVE_ADDON_H_
