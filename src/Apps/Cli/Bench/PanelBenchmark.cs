using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Engine.Triage.Metrics;
using Quorate.Models.Panel;

namespace Quorate.Cli.Bench;

/// <summary>How long a panel takes when one of its five members never answers. Times in milliseconds.</summary>
/// <param name="Rounds">Questions asked.</param>
/// <param name="GraceMs">What stragglers have after the third answer.</param>
/// <param name="P50Ms">From the question to the result.</param>
/// <param name="P95Ms">The same.</param>
/// <param name="ThirdP95Ms">When the third answer was there.</param>
/// <param name="Ratio">P95Ms / (ThirdP95Ms + GraceMs).</param>
internal sealed record PanelBenchDocument(int Rounds, double GraceMs, double P50Ms, double P95Ms, double ThirdP95Ms, double Ratio);

/// <summary>Four members that answer after 20, 40, 60 and 80 ms, and one that hangs; no network, the engine's own part is what is measured.</summary>
internal sealed class PanelBenchmark(TimeProvider time, TimeSpan grace) : IModelPanel, IAskObserver
{
    private static readonly int[] DelaysMs = [20, 40, 60, 80];
    private readonly Lock _gate = new();
    private long _started;
    private int _answers;
    private double _third;

    public IReadOnlyList<MemberInfo> Members { get; } = [.. Enumerable.Range(0, DelaysMs.Length + 1).Select(i => new MemberInfo { Name = $"m{i}", Provider = "bench", Model = "bench", Embedded = true })];

    public IChatClient Client(string member) => new Member(member[1] - '0', time);

    public async Task<PanelBenchDocument> RunAsync(int rounds, CancellationToken token)
    {
        var engine = new AskEngine(new AskServices { Panel = () => this, Journal = new MemoryJournal(), Options = new AskOptions { Grace = grace }, Time = time });
        await engine.AskAsync("warm", new AskRequest { Query = "Ready?" }, this, token);
        var (whole, third) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            (_answers, _third, _started) = (0, 0, time.GetTimestamp());
            await engine.AskAsync($"round-{round}", new AskRequest { Query = "Ready?" }, this, token);
            whole.Add(time.GetElapsedTime(_started).TotalMilliseconds);
            third.Add(_third);
        }

        whole.Sort();
        third.Sort();
        var (p95, third95) = (Quantile.Of(whole, 0.95), Quantile.Of(third, 0.95));
        return new PanelBenchDocument(rounds, grace.TotalMilliseconds, Quantile.Of(whole, 0.5), p95, third95, p95 / (third95 + grace.TotalMilliseconds));
    }

    public void On(AskProgress progress)
    {
        lock (_gate)
        {
            if (progress.Response is not null && ++_answers == 3)
            {
                _third = time.GetElapsedTime(_started).TotalMilliseconds;
            }
        }
    }

    private sealed class Member(int number, TimeProvider time) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await Task.Delay(number < DelaysMs.Length ? TimeSpan.FromMilliseconds(DelaysMs[number]) : Timeout.InfiniteTimeSpan, time, cancellationToken);
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, "All systems answered the probes of the last minute."));
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            {
                yield return update;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
