using Spectre.Console;
using Spectre.Console.Rendering;

namespace Quorate.Cli.Views;

/// <summary>A part of the screen that is redrawn until it is disposed; what it showed last stays.</summary>
internal sealed class LiveSegment : IDisposable
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(80);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public LiveSegment(IAnsiConsole console, TimeProvider time, Func<IRenderable> render)
    {
        _loop = Task.Run(() => console.Live(render()).AutoClear(false).StartAsync(async live =>
        {
            while (!_stop.IsCancellationRequested)
            {
                live.UpdateTarget(render());
                await Task.Delay(Refresh, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            live.UpdateTarget(render());
        }));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _loop.GetAwaiter().GetResult();
        _stop.Dispose();
    }
}
