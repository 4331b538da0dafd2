using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;

namespace Quorate.Server.OpenAi;

/// <summary>One question to the panel, for everyone who waits for the same answer. Its counts belong to <see cref="PanelRuns"/>.</summary>
internal sealed class PanelRun(string jobId, string bodyHash, bool mayReturn) : IAskObserver
{
    private volatile AskProgress? _progress;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string JobId { get; } = jobId;

    public string BodyHash { get; } = bodyHash;

    /// <summary>Its client repeats requests by itself, so it may come back for the answer.</summary>
    public bool MayReturn { get; } = mayReturn;

    public CancellationTokenSource Ending { get; } = new();

    public Task<AskResult> Result { get; set; } = null!;

    public int Waiting { get; set; }

    /// <summary>Null until the first member has answered.</summary>
    public AskProgress? Progress => _progress;

    /// <summary>Done at the next progress. Taken before <see cref="Progress"/> is read, nothing is missed.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public void On(AskProgress progress)
    {
        _progress = progress;
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
