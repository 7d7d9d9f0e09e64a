import { AssertionError } from '../../shared/assert.ts';
import { checkIndexOptions } from '../check.ts';
import { coreOptions } from '../core.ts';
import { CoreIndex, call, coreSearch, type PassOptions } from '../core-index.ts';
import type { SearchRequest, SearchResult, VectorIndexOptions } from '../engine.ts';
import { readSearchBlock } from '../search-block.ts';
import type { Addon, NativeCore } from './addon.ts';

/** Long work runs on threads of the addon: searches on its pool, each pass on a thread of its own with helpers from there. */
export class NativeIndex extends CoreIndex<NativeCore> {
  static async open(addon: Addon, options: VectorIndexOptions, onClose: () => void): Promise<NativeIndex> {
    checkIndexOptions(options);
    const { arenas } = options;
    const path = arenas !== null && 'realPath' in arenas ? arenas.realPath : undefined;
    const core = call(() => new addon.Index(...coreOptions(options, path)));
    const index = new NativeIndex(options, core, onClose);
    await index.load();
    return index;
  }

  protected override makeCore(): NativeCore {
    throw new AssertionError('a native index has its core from the start');
  }

  protected override linkWith(core: NativeCore, options: PassOptions): Promise<number> {
    return core.link(options.max, options.threads, options.cancel?.cell);
  }

  protected override async repairWith(core: NativeCore, options: PassOptions): Promise<Uint32Array> {
    return new Uint32Array(await core.repair(options.max, options.threads, options.cancel?.cell));
  }

  protected override async searchWith(
    core: NativeCore,
    request: SearchRequest,
    { queryCount, topK }: { queryCount: number; topK: number },
  ): Promise<SearchResult> {
    return readSearchBlock(await core.search(...coreSearch(request, topK)), queryCount);
  }

  protected override syncCore(core: NativeCore): Promise<void> {
    return core.sync();
  }
}
