import { Inject, Injectable } from '@nestjs/common';
import type { AccountId, DeviceId } from '@tidemark/domain';
import type { Names } from '@tidemark/protocol';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { READ_MODEL } from '../tokens.ts';

/** What people and devices are called. Ids come from rows of a workspace that the asker may read, and from nowhere else. */
@Injectable()
export class NamesTold {
  constructor(@Inject(READ_MODEL) private readonly reader: ReadModelReader) {}

  /** Of all that an answer speaks of, and of whose the devices are. */
  async of(spoken: readonly { readonly account?: AccountId | undefined; readonly device?: DeviceId | undefined }[]): Promise<Names> {
    const ids = new Set(spoken.map(({ device }) => device).filter((device) => device !== undefined));
    const devices = await this.reader.devicesBy([...ids]);
    const people = [...spoken, ...devices].map(({ account }) => account).filter((account) => account !== undefined);
    const accounts = await this.reader.accountsBy([...new Set(people)]);
    return {
      accounts: Object.fromEntries(accounts.map(({ account, name }) => [account, name])),
      devices: Object.fromEntries(devices.map(({ device, name, account }) => [device, { name, account }])),
    };
  }
}
