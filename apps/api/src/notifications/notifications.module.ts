import { Module, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
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
    const shown = [
      ['tidemark_sockets', 'Devices connected.', () => this.gateway.count().sockets],
      ['tidemark_followers', 'Workspaces followed, over all connected devices.', () => this.gateway.count().followers],
      ['tidemark_deltas_total', 'Deltas sent with rows.', () => this.gateway.count().deltas],
      ['tidemark_pokes_total', 'Deltas sent without rows: the device pulls.', () => this.gateway.count().pokes],
    ] as const;
    for (const [name, help, read] of shown) {
      const gauge = new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      });
      this.metrics.registry.registerMetric(gauge);
    }
  }
}
