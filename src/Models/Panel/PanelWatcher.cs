using Quorate.Contracts;

namespace Quorate.Models.Panel;

/// <summary>
/// Holds the current panel and makes a new one when its configuration's files change. A broken edit changes nothing and is told in
/// <see cref="LastProblem"/>. Looks at length and time of the files once a second, which also works where no change events come
/// (network folders, containers, editors that replace files). Thread-safe to read.
/// </summary>
public sealed class PanelWatcher : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<string> _files;
    private readonly Func<ModelPanel?, CancellationToken, Task<ModelPanel>> _make;
    private readonly TimeProvider _time;
    private volatile ModelPanel _current;
    private volatile string? _lastProblem;
    private string _seen;

    private PanelWatcher(IReadOnlyList<string> files, Func<ModelPanel?, CancellationToken, Task<ModelPanel>> make, TimeProvider time, ModelPanel first, string seen)
    {
        _files = files;
        _make = make;
        _time = time;
        _current = first;
        _seen = seen;
    }

    public ModelPanel Current => _current;

    /// <summary>Why the last edit was not taken over; null when it was.</summary>
    public string? LastProblem => _lastProblem;

    /// <summary>Called with the new panel, or with null and the problem.</summary>
    public Action<ModelPanel?, string?>? Reloaded { get; set; }

    /// <param name="files">Their change makes a new panel; they need not exist.</param>
    /// <param name="make">Reads the configuration and makes the panel, from the one before where there is one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the making of the first panel.</param>
    /// <exception cref="QuorateException">The first configuration is wrong.</exception>
    public static async Task<PanelWatcher> StartAsync(IReadOnlyList<string> files, Func<ModelPanel?, CancellationToken, Task<ModelPanel>> make, TimeProvider time, CancellationToken cancellationToken)
    {
        // What changes while the first panel is made is found by the first look.
        var seen = Look(files);
        return new PanelWatcher(files, make, time, await make(null, cancellationToken), seen);
    }

    /// <summary>Looks until it is cancelled. Start it once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await CheckAsync(cancellationToken);
        }
    }

    /// <summary>Looks once; true when a file had changed. Not to be called beside <see cref="RunAsync"/>.</summary>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        var now = Look(_files);
        if (now == _seen)
        {
            return false;
        }

        _seen = now;
        try
        {
            _current = await _make(_current, cancellationToken);
            _lastProblem = null;
        }
        catch (Exception error) when (error is QuorateException or IOException or UnauthorizedAccessException)
        {
            _lastProblem = error.Message;
        }

        Reloaded?.Invoke(_lastProblem is null ? _current : null, _lastProblem);
        return true;
    }

    public ValueTask DisposeAsync() => _current.DisposeAsync();

    private static string Look(IReadOnlyList<string> files) => string.Join('\n', files.Select(path =>
    {
        var file = new FileInfo(path);
        return file.Exists ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}" : "-";
    }));
}
