using System.Runtime.InteropServices;

namespace Quorate.Cli.Common;

/// <summary>
/// Ctrl-C and SIGTERM end a command cleanly: its token is cancelled, and it has a while to tidy up; a second signal cuts that short.
/// Listens from its creation, also while a command computes and looks at nothing.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan UsualGrace = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _asked = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _registrations = [];
    private readonly ITimer _limit;
    private readonly TimeSpan _grace;
    private int _signals;

    /// <param name="time">The clock.</param>
    /// <param name="grace">How long a command may take to tidy up; null: 10 s.</param>
    public Interruption(TimeProvider time, TimeSpan? grace = null)
    {
        _grace = grace ?? UsualGrace;
        _limit = time.CreateTimer(_ => _over.TrySetResult(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Signal();
            }));
        }
    }

    /// <exception cref="OperationCanceledException">The command ended because of it, or did not end in time.</exception>
    public async Task<int> RunAsync(Func<CancellationToken, Task<int>> command)
    {
        var work = Task.Run(() => command(_asked.Token), CancellationToken.None);
        await Task.WhenAny(work, _over.Task);
        return work.IsCompleted ? await work : throw new OperationCanceledException(_asked.Token);
    }

    /// <summary>Work that asks nobody whether to go on: an interruption leaves it behind.</summary>
    public static Task<T> ComputeAsync<T>(Func<T> work, CancellationToken token) => Task.Run(work, token).WaitAsync(token);

    /// <inheritdoc cref="ComputeAsync{T}"/>
    public static Task ComputeAsync(Action work, CancellationToken token) => Task.Run(work, token).WaitAsync(token);

    /// <summary>What a signal does.</summary>
    internal void Signal()
    {
        if (Interlocked.Increment(ref _signals) > 1)
        {
            _over.TrySetResult();
            return;
        }

        _limit.Change(_grace, Timeout.InfiniteTimeSpan);
        _asked.Cancel();
    }

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _limit.Dispose();
        _asked.Dispose();
    }
}
