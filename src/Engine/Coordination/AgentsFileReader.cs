using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Engine.Files;
using Quorate.Engine.Panels;
using Quorate.Protocol.Auction;

namespace Quorate.Engine.Coordination;

/// <summary>Reads the agents that may bid or be given roles; docs/schemas/agents.json says what the file holds.</summary>
public static class AgentsFileReader
{
    public const int MaxBytes = 16 << 20;
    public const int MaxSkills = 64;
    public const int MaxHistory = 1_000;

    /// <summary>Full-time roles that one agent may carry.</summary>
    public const double MaxCapacity = 1_000_000;

    private static readonly FileForm Form = new("agents_invalid", "docs/schemas/agents.json");

    /// <exception cref="QuorateException">Input, agents_invalid: names the field, its value and what is allowed.</exception>
    public static AgentsFile Read(string json)
    {
        var agents = new List<AgentProfile>();
        var names = new HashSet<string>(NameRule.OfAgents) { MemberContexts.ClientName };
        foreach (var fields in Form.Parse(json, "agents").Objects("agents", 1, AgentsFile.MaxAgents, "name", "skills", "capacity", "history", "bid"))
        {
            agents.Add(ReadAgent(fields));
            if (!names.Add(agents[^1].Name))
            {
                throw fields.Wrong("name", $"a name that no other agent has, in whatever case, and not '{MemberContexts.ClientName}' is allowed");
            }
        }

        return new AgentsFile { Agents = agents };
    }

    private static AgentProfile ReadAgent(FileFields fields) => new()
    {
        Name = fields.Name("name"),
        Skills = fields.Numbers("skills", MaxSkills, 0, 1),
        Capacity = fields.Number("capacity", 0, MaxCapacity, standard: 1, above: true),
        History = [.. fields.Objects("history", 0, MaxHistory, "succeeded", "quality", "throughput").Select(ReadTask)],
        Bid = fields.Has("bid") ? ReadBid(fields.Object("bid", "cost", "duration_s", "approach", "load")) : null,
    };

    private static PastTask ReadTask(FileFields fields) => new()
    {
        Succeeded = fields.Flag("succeeded"),
        Quality = fields.Has("quality") ? fields.Number("quality", 0, 1) : null,
        Throughput = fields.Has("throughput") ? fields.Number("throughput", 0, AuctionRules.MaxThroughput) : null,
    };

    private static AgentBid ReadBid(FileFields fields) => new()
    {
        Cost = fields.Number("cost", 0, AuctionRules.MaxCost),
        DurationS = fields.Number("duration_s", 0, AuctionRules.MaxSeconds, standard: 1, above: true),
        Approach = fields.Texts("approach", AuctionRules.MaxApproach, AuctionRules.MaxWord),
        Load = fields.Number("load", 0, AuctionRules.MaxLoad, standard: 0),
    };
}
