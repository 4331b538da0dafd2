using Quorate.Cli.Common;

namespace Quorate.Tests.Unit.Cli;

public class InterruptionTests
{
    [Fact]
    public async Task Run_Undisturbed_TheCommandsOwnCode()
    {
        using var interruption = new Interruption(TimeProvider.System);
        Assert.Equal(1, await interruption.RunAsync(_ => Task.FromResult(1)));
    }

    [Fact]
    public async Task Signal_CommandThatTidiesUp_EndsAsItSays()
    {
        using var interruption = new Interruption(TimeProvider.System);
        var running = interruption.RunAsync(async token =>
        {
            var stopped = new TaskCompletionSource();
            await using var registration = token.Register(stopped.SetResult);
            await stopped.Task;
            return 0;
        });
        interruption.Signal();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task Signal_SecondOne_LeavesACommandThatNeverLooks()
    {
        var never = new TaskCompletionSource<int>();
        using var interruption = new Interruption(TimeProvider.System);
        var running = interruption.RunAsync(_ => never.Task);
        interruption.Signal();
        interruption.Signal();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Compute_Interrupted_IsLeftBehind()
    {
        using var over = new ManualResetEventSlim();
        using var interruption = new Interruption(TimeProvider.System);
        var running = interruption.RunAsync(token => Interruption.ComputeAsync(
            () =>
            {
                over.Wait(TimeSpan.FromMinutes(1));
                return 0;
            },
            token));
        interruption.Signal();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        over.Set();
    }
}
