using Quorate.Engine.Coordination;
using Quorate.Engine.Messages;
using Quorate.Engine.Panels;
using Quorate.Protocol.Messaging;

namespace Quorate.Engine.Place.Choosers;

/// <summary>
/// What is said under a hierarchy: the engine tells workers their roles; a job's start goes from the engine to its coordinator and
/// from there to its worker, the worker's nodes go the same way back, and the coordinator is told how the job ended. Roles have a
/// conversation for each change of the hierarchy, each job has its own. Not thread-safe.
/// </summary>
internal sealed class DutyTalk
{
    private const string Topic = "duties";

    /// <summary>Milliseconds for an answer; then the job goes another way.</summary>
    private const double PatienceMs = 5_000;

    /// <summary>Conversations in which something may still be under way.</summary>
    private const int OpenConversations = 64;

    private readonly IAgentBus _bus;
    private readonly string _prefix;
    private readonly Dictionary<string, HashSet<string>> _roles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _results = new(StringComparer.Ordinal);
    private readonly Queue<string> _over = new();
    private (string Job, Func<IReadOnlyList<int>?> Choose, IReadOnlyList<int>? Nodes, bool IsAnswered) _asked = ("", () => null, null, true);
    private int _told;
    private long _asks;

    public DutyTalk(IAgentBus bus, string run)
    {
        (_bus, _prefix) = (bus, $"{Topic}/{run}/");
        bus.On(Topic, Hear);
    }

    public IReadOnlyDictionary<string, string> Results => _results;

    /// <summary>Who does not hear of its role in time has none.</summary>
    public async Task TellRolesAsync(IReadOnlyList<JobDuty> duties, CancellationToken cancellationToken)
    {
        _roles.Clear();
        _told = 0;
        var conversation = $"{_prefix}roles-{++_asks}";
        var roles = duties.Where(d => d.Worker is not null).GroupBy(d => d.Worker!, d => d.Job, StringComparer.Ordinal).ToList();
        foreach (var role in roles)
        {
            Send(MemberContexts.ClientName, role.Key, conversation, new DutyMessage(DutyMessage.Role, [.. role], null, null));
        }

        await _bus.UntilAsync(() => _told == roles.Count, PatienceMs, null, cancellationToken);
        _bus.Close(conversation);
    }

    /// <summary>The nodes that the worker chose; null when it has none, has not heard of its role, or does not answer.</summary>
    /// <param name="duty">With a worker and a coordinator.</param>
    /// <param name="choose">How the worker chooses.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<int>?> StartAsync(JobDuty duty, Func<IReadOnlyList<int>?> choose, CancellationToken cancellationToken)
    {
        while (_over.Count > OpenConversations)
        {
            _bus.Close(_over.Dequeue());
        }

        var conversation = $"{_prefix}job-{++_asks}";
        _asked = (duty.Job, choose, null, false);
        Send(MemberContexts.ClientName, duty.Coordinator!, conversation, new DutyMessage(DutyMessage.Start, [duty.Job], null, duty.Worker));
        await _bus.UntilAsync(() => _asked.IsAnswered, PatienceMs, null, cancellationToken);
        _over.Enqueue(conversation);
        return _asked.Nodes;
    }

    /// <summary>A worker tells its coordinator how a job ended; nobody waits for it.</summary>
    public void Ended(JobDuty duty, string worker, string execution)
    {
        if (duty.Coordinator is null || duty.Coordinator == worker)
        {
            _results[duty.Job] = execution;
            return;
        }

        var conversation = $"{_prefix}result-{++_asks}";
        Send(worker, duty.Coordinator, conversation, new DutyMessage(DutyMessage.Result, [duty.Job], null, execution));
        _over.Enqueue(conversation);
    }

    private bool Hear(AgentMessage message)
    {
        if (!message.Conversation.StartsWith(_prefix, StringComparison.Ordinal))
        {
            return true;
        }

        // What is damaged comes again.
        if (BusPayload.Read<DutyMessage>(message.Payload.Span) is not { } said)
        {
            return false;
        }

        Hear(message, said);
        return true;
    }

    private void Hear(AgentMessage message, DutyMessage said)
    {
        switch (said.Kind)
        {
            case DutyMessage.Role:
                _roles[message.Receiver] = [.. said.Jobs];
                _told++;
                break;
            case DutyMessage.Start when said.Detail is { } worker && worker != message.Receiver:
                Send(message.Receiver, worker, message.Conversation, said);
                break;
            case DutyMessage.Start:
                Answer(message, said);
                break;
            case DutyMessage.Chosen when message.Receiver != MemberContexts.ClientName:
                Send(message.Receiver, MemberContexts.ClientName, message.Conversation, said);
                break;
            case DutyMessage.Chosen when said.Jobs.Contains(_asked.Job) && !_asked.IsAnswered:
                _asked = _asked with { Nodes = said.Nodes, IsAnswered = true };
                break;
            case DutyMessage.Result:
                _results[said.Jobs[0]] = said.Detail ?? "";
                break;
        }
    }

    private void Answer(AgentMessage message, DutyMessage said)
    {
        var isOurs = said.Jobs.Contains(_asked.Job) && _roles.GetValueOrDefault(message.Receiver)?.Contains(_asked.Job) == true;
        Send(message.Receiver, message.Sender, message.Conversation, new DutyMessage(DutyMessage.Chosen, said.Jobs, isOurs ? _asked.Choose() : null, null));
    }

    private void Send(string from, string to, string conversation, DutyMessage said) =>
        _bus.Send(from, new MessageDraft(conversation, [to], BusPayload.Write(said)));

    /// <param name="Kind">role, start, nodes or result.</param>
    /// <param name="Jobs">Which jobs.</param>
    /// <param name="Nodes">Of an answer; null: none.</param>
    /// <param name="Detail">Of a start its worker, of a result how the job ended.</param>
    private sealed record DutyMessage(string Kind, IReadOnlyList<string> Jobs, IReadOnlyList<int>? Nodes, string? Detail)
    {
        public const string Role = "role";
        public const string Start = "start";
        public const string Chosen = "nodes";
        public const string Result = "result";
    }
}
