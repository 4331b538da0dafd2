namespace Quorate.Lab.Cloud.Hooks;

/// <summary>
/// Two locks of which every request for orders takes the first. The lab can make two tasks take them in opposite
/// orders, as a programming mistake would: from then on each waits for the other, and every request for both.
/// </summary>
// CA1001: built once at start-up; the locks live as long as the process does.
#pragma warning disable CA1001
internal sealed class OrderGate
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim first = new(1);
    private readonly SemaphoreSlim second = new(1);

    public OrderGate(RoleHost host) => host.Health.Add("orders", PassAsync);

    public async Task PassAsync(CancellationToken cancellationToken)
    {
        await first.WaitAsync(cancellationToken);
        first.Release();
    }

    /// <summary>Returns when both tasks hold one lock each; <paramref name="end"/> frees them.</summary>
    public async Task LockUpAsync(CancellationToken end)
    {
        var one = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var other = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = TakeAsync(first, second, one, other.Task, end);
        _ = TakeAsync(second, first, other, one.Task, end);
        await Task.WhenAll(one.Task, other.Task).WaitAsync(end);
    }

    private static async Task TakeAsync(SemaphoreSlim mine, SemaphoreSlim theirs, TaskCompletionSource held, Task otherHeld, CancellationToken end)
    {
        try
        {
            await mine.WaitAsync(end);
            try
            {
                held.SetResult();
                await otherHeld.WaitAsync(end);
                await theirs.WaitAsync(end);
                theirs.Release();
            }
            finally
            {
                mine.Release();
            }
        }
        catch (OperationCanceledException)
        {
            held.TrySetCanceled(end);
        }
    }
}
