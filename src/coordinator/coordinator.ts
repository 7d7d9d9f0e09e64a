import type {
  CollectionInfo,
  CountRequest,
  CreateCollectionRequest,
  QueryRequest,
  RequestContext,
  RetrieveRequest,
  ScrollRequest,
  UpdateCollectionRequest,
  UpdateResult,
  WriteOptions,
  WriteRequest,
} from '../api/requests.ts';
import type { PointRecord, ScoredPoint } from '../model/point.ts';
import type { PointId } from '../model/point-id.ts';

/** The verbs that every gateway calls, one file each in this folder. All reject with `SextantError`. */
export interface Coordinator {
  createCollection(context: RequestContext, name: string, request: CreateCollectionRequest): Promise<void>;
  updateCollection(context: RequestContext, name: string, request: UpdateCollectionRequest): Promise<void>;
  /** False when there was none. */
  deleteCollection(context: RequestContext, name: string): Promise<boolean>;
  listCollections(): string[];
  collectionExists(name: string): boolean;
  collectionInfo(context: RequestContext, name: string): Promise<CollectionInfo>;
  /** Runs the operations in order; each has its own result. All are checked against the schema before the first is logged. */
  write(
    context: RequestContext,
    name: string,
    requests: WriteRequest[],
    options: WriteOptions,
  ): Promise<UpdateResult[]>;
  query(context: RequestContext, name: string, requests: QueryRequest[]): Promise<ScoredPoint[][]>;
  retrieve(context: RequestContext, name: string, request: RetrieveRequest): Promise<PointRecord[]>;
  scroll(
    context: RequestContext,
    name: string,
    request: ScrollRequest,
  ): Promise<{ points: PointRecord[]; nextPageOffset: PointId | null }>;
  count(context: RequestContext, name: string, request: CountRequest): Promise<number>;
  /** True when every collection is open and recovered. */
  ready(): boolean;
}
