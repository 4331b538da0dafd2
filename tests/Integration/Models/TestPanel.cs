using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Models;
using Quorate.Models.Panel;

namespace Quorate.Tests.Integration.Models;

/// <summary>A panel whose members are scripted servers, with everything that it recorded.</summary>
public sealed class TestPanel : IAsyncDisposable
{
    public const string KeyVariable = "QUORATE_TEST_KEY";
    public const string Key = "sk-test-0123456789";

    private TestPanel(ModelPanel panel, ConcurrentQueue<LlmRun> runs)
    {
        Panel = panel;
        Runs = runs;
    }

    public ModelPanel Panel { get; }

    public ConcurrentQueue<LlmRun> Runs { get; }

    public IChatClient Client => Panel.Client(Panel.Members[0].Name);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TestPanel Create(Uri endpoint, PipelineSettings? pipeline = null, double timeout = 20, int retries = 0, TokenPrice? price = null) =>
        Create(pipeline, Member("m", endpoint, timeout, retries, price));

    public static TestPanel Create(PipelineSettings? pipeline, params MemberSettings[] members)
    {
        var runs = new ConcurrentQueue<LlmRun>();
        var settings = new PanelSettings { Members = members, Pipeline = pipeline ?? new PipelineSettings { Cache = false, Stall = TimeSpan.FromSeconds(0.5) } };
        return new TestPanel(ModelPanel.Create(settings, [], (run, _) => Record(runs, run), TimeProvider.System, new Ids(), new Random(1), name => name == KeyVariable ? Key : null), runs);
    }

    public static MemberSettings Member(string name, Uri endpoint, double timeout = 20, int retries = 0, TokenPrice? price = null) => new()
    {
        Name = name,
        Model = new ModelConfig
        {
            Provider = "custom",
            Endpoint = endpoint,
            Model = "test-model",
            ApiKeyVariable = KeyVariable,
            Temperature = 0.3,
            MaxTokens = 100,
            Deadline = TimeSpan.FromSeconds(timeout),
            MaxRetries = retries,
        },
        Price = price ?? TokenPrice.Free,
    };

    public Task<ChatResponse> AskAsync(string question, ChatOptions? options = null) => Client.GetResponseAsync(question, options, Cancelled);

    /// <summary>What a stream showed, and its failure.</summary>
    public async Task<(string Text, ModelException? Error, List<ChatResponseUpdate> Updates)> StreamAsync(string question, ChatOptions? options = null, IChatClient? client = null)
    {
        var text = new StringBuilder();
        var updates = new List<ChatResponseUpdate>();
        try
        {
            await foreach (var update in (client ?? Client).GetStreamingResponseAsync(question, options, Cancelled))
            {
                text.Append(update.Text);
                updates.Add(update);
            }
        }
        catch (ModelException error)
        {
            return (text.ToString(), error, updates);
        }

        return (text.ToString(), null, updates);
    }

    public ValueTask DisposeAsync() => Panel.DisposeAsync();

    private static Task Record(ConcurrentQueue<LlmRun> runs, LlmRun run)
    {
        runs.Enqueue(run);
        return Task.CompletedTask;
    }

    private sealed class Ids : IIdSource
    {
        private int _last;

        public string Next(string prefix) => $"{prefix}-{Interlocked.Increment(ref _last)}";
    }
}
