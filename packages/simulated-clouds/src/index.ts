export type { FakeDask, FakeWorker } from "./boot/fake-dask.ts";
export { AddressSpace } from "./core/address-space.ts";
export type { BootedMachine, Bootloader, MachineInput } from "./core/boot.ts";
export type { Call, CallLog } from "./core/call-log.ts";
export type { SimClock } from "./core/clock.ts";
export { FAULT_KINDS, type FaultKind, type Faults } from "./core/faults.ts";
export {
  HttpCloud,
  type HttpCloudOptions,
  NotUnderstood,
  type WireReply,
  type WireRequest,
} from "./core/http-cloud.ts";
export { loopbackTls, loopbackTrust } from "./core/loopback-tls.ts";
export { azureEvents, ec2Spot, gcpPreempted, type MetadataAnswer } from "./notices/metadata.ts";
export { SpotNotices } from "./notices/spot-notices.ts";
export { type ServerIdentity, WireServer } from "./core/wire.ts";
