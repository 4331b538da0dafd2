using System.Collections.Concurrent;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ask;

namespace Quorate.Tests.Unit.Server;

/// <summary>
/// Three members that answer at once, each kept in the journal as the real engine keeps it. A gate per member lets a test hold one back; every
/// answer that was really given is counted.
/// </summary>
internal sealed class FakeEngine(IAskJournal journal) : IAskEngine
{
    public static readonly string[] Members = ["ada", "bob", "cleo"];

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();

    /// <summary>Each call of a member: job and member.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Each question that began, as the engine got it.</summary>
    public ConcurrentQueue<AskRequest> Requests { get; } = new();

    /// <summary>Thrown instead of answering.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whoever asks this member waits until it is let go.</summary>
    public void Hold(string member) => _gates[member] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo(string member)
    {
        if (_gates.TryRemove(member, out var gate))
        {
            gate.SetResult();
        }
    }

    public async Task<AskResult> AskAsync(string jobId, AskRequest request, IAskObserver observer, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request);
        if (Failure is not null)
        {
            throw Failure;
        }

        var parts = new List<MemberResponse>();
        foreach (var member in request.Models.Count > 0 ? request.Models : Members)
        {
            var known = await journal.ReadAsync(jobId, cancellationToken);
            if (!known.TryGetValue($"answer/{member}", out var answer))
            {
                if (_gates.TryGetValue(member, out var gate))
                {
                    await gate.Task.WaitAsync(cancellationToken);
                }

                Calls.Enqueue($"{jobId} {member}");
                answer = $"{member} on {request.Query}";
                await journal.AppendAsync(jobId, $"answer/{member}", answer, cancellationToken);
            }

            parts.Add(new MemberResponse { Model = member, Role = request.Roles.GetValueOrDefault(member), Text = answer, Status = "ok", Tokens = 7, Cost = 0.25m });
            observer.On(new AskProgress("asking", parts.Count, Members.Length, parts[^1]));
        }

        return Result(jobId, request, parts);
    }

    public static AskResult Result(string jobId, AskRequest request, IReadOnlyList<MemberResponse> parts) => new()
    {
        JobId = jobId,
        Request = request,
        Consensus = new ConsensusAnswer { Text = $"all on {request.Query}", Score = 66.6, Degraded = false, Aggregator = request.Aggregator ?? "ada", Method = "summary" },
        Responses = parts,
        Dissent = [new Dissent("cleo", "no", "disagrees")],
        Analysis = new ResponseAnalysis
        {
            Similarity = new SimilarityMatrix(["ada", "bob"], [[1, 0.5], [0.5, 1]], "tf-idf"),
            Polarity = new Dictionary<string, double> { ["ada"] = 0.5 },
            Emotions = new Dictionary<string, EmotionalTone> { ["ada"] = new(1, 0, 0, 0, 0, 0) },
            Radar = new Dictionary<string, RadarFeatures> { ["ada"] = new(1, 0.5, 0.1, 0.2, 0.3, 0.4) },
        },
        Certificate = new OutcomeCertificate { OutcomeHash = "abc", Outcome = QuorateJson.ToElement(new { answer = 1 }), Signers = ["ada"], Text = "cert", Group = new OutcomeGroup("g", 0, ["ada"], ["engine"], []) },
        CreatedAt = DateTimeOffset.UnixEpoch,
        LatencyMs = 12.5,
    };
}
