export { FakeCore, type NativeCall } from './fake-core.ts';
