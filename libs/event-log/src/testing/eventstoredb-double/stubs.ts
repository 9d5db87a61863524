/**
 * The messages and service definitions of EventStoreDB's protocol. The client ships them as generated CommonJS, whose members only the default import
 * has; `streams.proto` and `persistent.proto` are the same from server 23.10 to 25.0.
 */
import persistent from '@eventstore/db-client/generated/persistent_pb.js';
import persistentService from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';

export { any, empty, features, featuresService, persistent, persistentService, shared, status, streams, streamsService };
