using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place.Files;

/// <summary>Reads faults of agents as docs/schemas/agent-faults.json describes them.</summary>
public static class AgentFaultFileReader
{
    /// <summary>Bytes that such a file may have.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const string Code = "faults_invalid";
    private const int MaxTimeout = 600;

    /// <param name="json">The file's text.</param>
    /// <param name="cluster">Whose agents the file may name.</param>
    /// <exception cref="QuorateException">Input: the field, its value and what is allowed.</exception>
    public static AgentFaultPlan Read(string json, ClusterSpec cluster)
    {
        using var document = ObjectFields.Parse(json, Code, "fault");
        var fields = new ObjectFields(
            document.RootElement, "", Code, "fault_injection_rate", "byzantine_probability", "crash_probability", "network_partition_rate", "slow_response_factor",
            "consensus_timeout", "max_faulty", "min_rounds", "max_rounds", "schedule");
        var plan = new AgentFaultPlan
        {
            FaultInjectionRate = Chance(fields, "fault_injection_rate", 0),
            ByzantineProbability = Chance(fields, "byzantine_probability", 0.4m),
            CrashProbability = Chance(fields, "crash_probability", 0.3m),
            NetworkPartitionRate = Chance(fields, "network_partition_rate", 0.2m),
            SlowResponseFactor = (double)fields.Number("slow_response_factor", (long)AgentFaultPlan.MaxSlowness, 3),
            ConsensusTimeout = fields.Has("consensus_timeout") ? (double)fields.Number("consensus_timeout", MaxTimeout) : null,
            MaxFaulty = (int?)fields.OptionalWhole("max_faulty", 0, cluster.Agents.Count),
            MinRounds = (int)fields.Whole("min_rounds", 1, AgentFaultPlan.MostRounds, 2),
            MaxRounds = (int)fields.Whole("max_rounds", 1, AgentFaultPlan.MostRounds, 4),
            Schedule = fields.Has("schedule") ? ReadSchedule(fields, cluster) : [],
        };
        return Checked(plan);
    }

    private static double Chance(ObjectFields fields, string name, decimal otherwise) => (double)fields.Number(name, 1, otherwise);

    private static AgentFaultPlan Checked(AgentFaultPlan plan)
    {
        var sum = plan.ByzantineProbability + plan.CrashProbability + plan.NetworkPartitionRate;
        if (sum > 1 + 1e-9)
        {
            throw QuorateException.Input(Code, $"byzantine_probability, crash_probability and network_partition_rate sum to {sum:0.###}; at most 1 is allowed");
        }

        if (plan.SlowResponseFactor < 1)
        {
            throw QuorateException.Input(Code, $"slow_response_factor is {plan.SlowResponseFactor:0.###}; 1 to {AgentFaultPlan.MaxSlowness} is allowed");
        }

        if (plan.ConsensusTimeout is <= 0)
        {
            throw QuorateException.Input(Code, $"consensus_timeout is {plan.ConsensusTimeout}; above 0 and at most {MaxTimeout} seconds is allowed");
        }

        return plan.MinRounds <= plan.MaxRounds ? plan : throw QuorateException.Input(Code, $"min_rounds is {plan.MinRounds}; at most max_rounds, {plan.MaxRounds}, is allowed");
    }

    private static IReadOnlyList<ScheduledFault> ReadSchedule(ObjectFields fields, ClusterSpec cluster)
    {
        var list = fields.Required("schedule");
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > AgentFaultPlan.MaxScheduled)
        {
            throw fields.Wrong("schedule", list, $"a list of at most {AgentFaultPlan.MaxScheduled} faults");
        }

        return [.. list.EnumerateArray().Select((fault, i) => ReadFault(fault, $"schedule[{i}]", cluster))];
    }

    private static ScheduledFault ReadFault(JsonElement element, string path, ClusterSpec cluster)
    {
        var fields = new ObjectFields(element, path, Code, "agent", "kind", "round", "rounds");
        var (agent, kind) = (fields.Name("agent"), fields.Name("kind"));
        if (cluster.Agents.All(a => a.Name != agent))
        {
            throw QuorateException.Input(Code, $"{path}.agent is '{agent}'; allowed are {string.Join(", ", cluster.Agents.Select(a => a.Name))}");
        }

        return AgentFaultKinds.All.Contains(kind)
            ? new ScheduledFault(agent, kind, fields.Whole("round", 1, int.MaxValue), (int)fields.Whole("rounds", 1, AgentFaultPlan.MostScheduledRounds, 1))
            : throw QuorateException.Input(Code, $"{path}.kind is '{kind}'; allowed are {string.Join(", ", AgentFaultKinds.All)}");
    }
}
