using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Harness.Records;
using Quorate.Models;

namespace Quorate.Harness.Runs;

/// <summary>What a planner draws from outside while it makes one proposal. One proposal at a time.</summary>
public sealed class PlannerDraws
{
    public List<string> Ids { get; private set; } = [];

    public List<DateTimeOffset> Times { get; private set; } = [];

    public List<ModelAnswer> Said { get; private set; } = [];

    public void Begin() => (Ids, Times, Said) = ([], [], []);
}

/// <summary>Notes the ids that are drawn.</summary>
public sealed class NotedIds(IIdSource inner, PlannerDraws draws) : IIdSource
{
    public string Next(string prefix)
    {
        var id = inner.Next(prefix);
        draws.Ids.Add(id);
        return id;
    }
}

/// <summary>Notes the times that are read.</summary>
public sealed class NotedTime(TimeProvider inner, PlannerDraws draws) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow()
    {
        var now = inner.GetUtcNow();
        draws.Times.Add(now);
        return now;
    }

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
}

/// <summary>Notes what the model says, after retries and deadlines.</summary>
public sealed class NotedChatClient(IChatClient inner, PlannerDraws draws) : DelegatingChatClient(inner)
{
    private const int MaxRaw = 64 * 1024;

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var prompt = messages.ToList();
        try
        {
            var response = await base.GetResponseAsync(prompt, options, cancellationToken);
            draws.Said.Add(new ModelAnswer(HashOf(prompt), response.Text, null, null, null));
            return response;
        }
        catch (ModelException error)
        {
            draws.Said.Add(new ModelAnswer(HashOf(prompt), null, error.Failure.ToString(), error.Message, error.Raw.Length > MaxRaw ? error.Raw[..MaxRaw] : error.Raw));
            throw;
        }
    }

    public static string HashOf(IEnumerable<ChatMessage> messages) => TextHash.Of(QuorateJson.Serialize(messages.Select(m => new { role = m.Role.Value, content = m.Text })));
}
