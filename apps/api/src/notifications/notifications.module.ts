import { Module, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '../http/metrics.ts';
import { DevicesGateway } from './devices.gateway.ts';

/** Notification Service: change feed → connected devices. */
@Module({ providers: [DevicesGateway] })
export class NotificationsModule implements OnModuleInit {
  constructor(
    private readonly gateway: DevicesGateway,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const { gateway, metrics } = this;
    metrics.gauge('tidemark_devices_connected', 'Devices connected.', () => gateway.count().sockets);
    metrics.gauge('tidemark_followers', 'Workspaces followed, over all connected devices.', () => gateway.count().followers);
    metrics.counter('tidemark_deltas_total', 'Deltas sent with rows.', () => gateway.count().deltas);
    metrics.counter('tidemark_pokes_total', 'Deltas sent without rows: the device pulls.', () => gateway.count().pokes);
  }
}
