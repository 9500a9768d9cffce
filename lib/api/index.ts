/**
 * pageheap: the Go runtime's page heap on real pages.
 *
 *     import { Heap } from 'pageheap';
 *     using heap = new Heap({ gcPercent: 100 });
 *     const addr = heap.malloc(1000);
 *     heap.fill(addr, 1000, 1);
 *     heap.drop(addr);
 *     heap.gc();
 *     console.log(heap.readMemStats().HeapReleased, heap.freeOSMemory());
 */

export type {
  CustomSizeClassTable,
  SizeClass,
  SizeClassHost,
  SizeClassTableClass,
} from '../alloc/size-class-part.ts';
export { type ErrorCode, FatalError, PageHeapError } from '../base/errors.ts';
export { type Bytes, bytes, type PageCount, type PageIndex, pageCount, pageIndex } from '../base/units.ts';
export type {
  DesignOptions,
  Generation,
  LivenessKind,
  MarkOrder,
  ObjectStyle,
  PointerBitStyle,
  ScavengerKind,
  SizeClassTable,
  SweepStyle,
} from '../design/design.ts';
export type { AttachOptions, HeapOptions } from '../design/options.ts';
export type { CycleEvent, HeapEvent, ScavengeEvent } from '../gc/events.ts';
export { noMemoryLimit } from '../gc/gc-settings.ts';
export type { HeapView } from '../gc/heap-view.ts';
export type { SweepOrder, SweepOrderClass, SweepOrderHost, SweepSpan } from '../gc/sweep-order.ts';
export type {
  TriggerAnswer,
  TriggerHost,
  TriggerPolicy,
  TriggerPolicyClass,
} from '../gc/trigger-policy.ts';
export type { CheckLevel } from '../inspect/check.ts';
export type { HeapMetrics, MetricHistogram } from '../inspect/metrics.ts';
export { type PageStates, pageState } from '../inspect/page-states.ts';
export type { SizeClassRow } from '../inspect/size-class-stats.ts';
export type { HeapSample, MemStats, SizeClassStats } from '../inspect/stats.ts';
export type {
  AdviceHost,
  AdviceName,
  AdvicePolicy,
  AdvicePolicyClass,
  AdvisedRange,
  RangeState,
} from '../os/advice-policy.ts';
export { type Clock, ManualClock, systemClock } from '../os/clock.ts';
export type {
  FreeRunVisit,
  PageHeap,
  PageHeapClass,
  PageHeapHost,
  PageHeapStats,
  ReleaseHook,
} from '../pages/contract.ts';
export type {
  ChunkDensity,
  DenseRule,
  DenseRuleClass,
  DenseRuleHost,
} from '../pages/radix/dense-rule.ts';
export type {
  PageCacheHost,
  PageCachePolicy,
  PageCachePolicyClass,
  PageChoice,
  PageRequest,
} from '../pages/radix/page-cache-policy.ts';
export type {
  ControllerHost,
  ScavengeController,
  ScavengeControllerClass,
} from '../scavenge/controller.ts';
export type {
  GrowthNews,
  ReleaseNews,
  ScavengeAnswer,
  ScavengeHost,
  ScavengePolicy,
  ScavengePolicyClass,
  ScavengeReply,
} from '../scavenge/policy.ts';
export type { ArrayField } from './field-tree.ts';
export type { Field } from './fields.ts';
export type { FrameStack } from './frame-stack.ts';
export { Heap } from './heap.ts';
export type { HeapJson } from './heap-shown.ts';
export type { FieldSpec, HeapType, StructSpec, TypeLayout } from './heap-type.ts';
export type { MemProfileFrame, MemProfileRecord } from './mem-profile.ts';
export type { HeapObject } from './object-contents.ts';
export type { HeapHandle } from './opening.ts';
export type { Root, Scope } from './root.ts';
export type { UserArena } from './user-arena.ts';
export type { Cleanup, Weak } from './weak.ts';
