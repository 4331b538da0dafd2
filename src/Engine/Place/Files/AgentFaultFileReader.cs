using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Files;

namespace Quorate.Engine.Place.Files;

/// <summary>Reads faults of agents as docs/schemas/agent-faults.json describes them.</summary>
public static class AgentFaultFileReader
{
    /// <summary>Bytes that such a file may have.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MaxTimeout = 600;

    private static readonly FileForm Form = new("faults_invalid", "docs/schemas/agent-faults.json");

    /// <param name="json">The file's text.</param>
    /// <param name="cluster">Whose agents the file may name.</param>
    /// <exception cref="QuorateException">Input, faults_invalid: the field, its value and what is allowed.</exception>
    public static AgentFaultPlan Read(string json, ClusterSpec cluster)
    {
        var fields = Form.Parse(
            json, "fault_injection_rate", "byzantine_probability", "crash_probability", "network_partition_rate", "slow_response_factor", "consensus_timeout", "max_faulty", "min_rounds", "max_rounds", "schedule");
        var usual = new AgentFaultPlan();
        var plan = new AgentFaultPlan
        {
            FaultInjectionRate = fields.Number("fault_injection_rate", 0, 1, usual.FaultInjectionRate),
            ByzantineProbability = fields.Number("byzantine_probability", 0, 1, usual.ByzantineProbability),
            CrashProbability = fields.Number("crash_probability", 0, 1, usual.CrashProbability),
            NetworkPartitionRate = fields.Number("network_partition_rate", 0, 1, usual.NetworkPartitionRate),
            SlowResponseFactor = fields.Number("slow_response_factor", 1, AgentFaultPlan.MaxSlowness, usual.SlowResponseFactor),
            ConsensusTimeout = fields.Has("consensus_timeout") ? fields.Number("consensus_timeout", 0, MaxTimeout, above: true) : null,
            MaxFaulty = (int?)fields.OptionalWhole("max_faulty", 0, cluster.Agents.Count),
            MinRounds = (int)fields.Whole("min_rounds", 1, AgentFaultPlan.MostRounds, usual.MinRounds),
            MaxRounds = (int)fields.Whole("max_rounds", 1, AgentFaultPlan.MostRounds, usual.MaxRounds),
            Schedule = [.. fields.Objects("schedule", 0, AgentFaultPlan.MaxScheduled, "agent", "kind", "round", "rounds").Select(fault => ReadFault(fault, cluster))],
        };
        return Checked(plan);
    }

    private static AgentFaultPlan Checked(AgentFaultPlan plan)
    {
        var sum = plan.ByzantineProbability + plan.CrashProbability + plan.NetworkPartitionRate;
        return sum > 1 + 1e-9 ? throw Form.Wrong($"byzantine_probability, crash_probability and network_partition_rate sum to {sum:0.###}; at most 1 is allowed")
            : plan.MinRounds > plan.MaxRounds ? throw Form.Wrong($"min_rounds is {plan.MinRounds}; at most max_rounds, {plan.MaxRounds}, is allowed")
            : plan;
    }

    private static ScheduledFault ReadFault(FileFields fields, ClusterSpec cluster) => new(
        fields.OneOf("agent", [.. cluster.Agents.Select(a => a.Name)]),
        fields.OneOf("kind", AgentFaultKinds.All),
        fields.Whole("round", 1, int.MaxValue),
        (int)fields.Whole("rounds", 1, AgentFaultPlan.MostScheduledRounds, 1));
}
