using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Storage.Keys;

namespace Quorate.Tests.Integration.Ask;

/// <summary>Five models of one server, m1 being the aggregator, and the engine that asks them.</summary>
internal sealed class FivePanel : IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("quorate-five-").FullName;
    private readonly ModelPanel _panel;
    private int _calls;

    /// <param name="endpoint">The server.</param>
    /// <param name="dead">Models whose server is not there.</param>
    public FivePanel(Uri endpoint, string[] dead)
    {
        var nobody = new Uri($"http://127.0.0.1:{FreePorts.Find(1)[0]}/v1");
        var members = Enumerable.Range(1, 5).Select(i => $"m{i}").Select(name => new MemberSettings
        {
            Name = name,
            Model = ModelConfig.Create(null, (dead.Contains(name) ? nobody : endpoint).ToString(), name) with { MaxRetries = 0 },
            Aggregator = name == "m1",
        });
        _panel = ModelPanel.Create(new PanelSettings { Members = [.. members], Pipeline = new PipelineSettings { Cache = false } }, [], (_, _) => Task.FromResult(++_calls), TimeProvider.System, new Counter(), new Random(1));
    }

    public Task<AskResult> AskAsync(AskRequest request, CancellationToken token) => new AskEngine(new AskServices
    {
        Panel = () => _panel,
        Journal = new MemoryJournal(),
        Keys = new MemberKeys(Path.Combine(_home, "keys"), null),
        Options = new AskOptions { Grace = TimeSpan.FromMilliseconds(700) },
        Time = TimeProvider.System,
    }).AskAsync("job", request, new NoAskObserver(), token);

    public async ValueTask DisposeAsync()
    {
        await _panel.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    private sealed class Counter : IIdSource
    {
        private int _last;

        public string Next(string prefix) => $"{prefix}-{Interlocked.Increment(ref _last)}";
    }
}
