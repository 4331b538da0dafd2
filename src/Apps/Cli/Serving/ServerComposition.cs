using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Server;
using Quorate.Storage;

namespace Quorate.Cli.Serving;

/// <summary>The server's parts, wired as a workspace's configuration says.</summary>
internal sealed class ServerComposition : IAsyncDisposable
{
    private ServerComposition(ServerParts parts) => Parts = parts;

    public ServerParts Parts { get; }

    /// <exception cref="QuorateException">Missing: there is no panel to ask.</exception>
    public static Task<ServerComposition> CreateAsync(Workspace workspace, QuorateStore store, CancellationToken token) =>
        throw QuorateException.Missing("ask_missing", $"this build has no panel to ask behind {store.File}", $"home {workspace.Home}");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
