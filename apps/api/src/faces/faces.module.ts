import { Module } from '@nestjs/common';
import { QueriesModule } from '../queries/queries.module.ts';
import { FaceGround } from './face-ground.ts';
import { FaceNotices } from './face-notices.ts';

/** The table of calls for browsers; its routes are in `face-routes.ts`. */
@Module({ imports: [QueriesModule], providers: [FaceGround, FaceNotices] })
export class FacesModule {}
