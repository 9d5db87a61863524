import { answerOf, dispatch, refusalOf, type AgentFace, type CallAnswer, type CallName } from '@tidemark/ipc';
import type { FaceGround } from './face-ground.ts';
import { serverFace, type FaceAsked } from './server-face.ts';

export { PageFiles, sendContent } from '@tidemark/faces';
export { statusFor } from './face-status.ts';
export { OwnRoutes } from './own-routes.ts';
export { openContent } from './server-face.ts';

/** As the agent answers: a "no" is an answer too, but for that of the door. */
export async function answerTo(asked: FaceAsked, ground: FaceGround, call: CallName, question: unknown): Promise<CallAnswer> {
  try {
    return answerOf(await dispatch(serverFace(asked, ground) as AgentFace, call, question));
  } catch (error) {
    return refusalOf(error);
  }
}
