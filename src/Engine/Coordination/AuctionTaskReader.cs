using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Engine.Files;
using Quorate.Protocol.Auction;

namespace Quorate.Engine.Coordination;

/// <summary>Reads a task to be auctioned; docs/schemas/auction-task.json says what the file holds.</summary>
public static class AuctionTaskReader
{
    public const int MaxBytes = 1 << 20;

    private static readonly FileForm Form = new("auction_task_invalid", "docs/schemas/auction-task.json");

    /// <exception cref="QuorateException">Input, auction_task_invalid: names the field, its value and what is allowed.</exception>
    public static AuctionTask Read(string json)
    {
        var file = Form.Parse(json, "name", "requirements", "criteria_weights", "risk_weight");
        var needs = file.Object("requirements", "max_cost", "max_duration_s", "min_quality", "target_throughput", "skill");
        var task = new AuctionTask
        {
            Name = file.Name("name"),
            Requirements = new AuctionRequirements
            {
                MaxCost = needs.Number("max_cost", 0, AuctionRules.MaxCost, above: true),
                MaxDurationS = needs.Number("max_duration_s", 0, AuctionRules.MaxSeconds, above: true),
                MinQuality = needs.Number("min_quality", 0, 1, standard: 0, below: true),
                TargetThroughput = needs.Has("target_throughput") ? needs.Number("target_throughput", 0, AuctionRules.MaxThroughput, above: true) : null,
                Skill = needs.OptionalName("skill"),
            },
            CriteriaWeights = file.Numbers("criteria_weights", Criteria.Names.Count, 0, Criteria.MaxWeight, Criteria.Names),
        };
        task = file.Has("risk_weight") ? task with { RiskWeight = file.Number("risk_weight", 0, AuctionRules.MaxRiskWeight) } : task;
        AuctionRules.Check(task);
        return task;
    }
}
