using Quorate.Storage;
using Quorate.Storage.Keys;

namespace Quorate.Cli.Common;

/// <summary>A store and keys in a folder of their own, gone when disposed.</summary>
internal sealed class TemporaryStore : IAsyncDisposable
{
    private readonly string _folder;

    private TemporaryStore(string folder, FileKeyRing keys, QuorateStore store)
    {
        _folder = folder;
        Keys = keys;
        Store = store;
    }

    public FileKeyRing Keys { get; }

    public QuorateStore Store { get; }

    public static async Task<TemporaryStore> OpenAsync(TimeProvider time, CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("quorate-bench-").FullName;
        var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), time, passphrase: null);
        return new TemporaryStore(folder, keys, await QuorateStore.OpenAsync(Path.Combine(folder, "quorate.db"), keys, time, cancellationToken: token));
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Keys.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
