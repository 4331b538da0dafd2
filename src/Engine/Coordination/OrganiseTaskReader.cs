using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Engine.Files;
using Quorate.Protocol.Auction;

namespace Quorate.Engine.Coordination;

/// <summary>Reads the task of a hierarchy; docs/schemas/organise-task.json says what the file holds.</summary>
public static class OrganiseTaskReader
{
    public const int MaxBytes = 4 << 20;

    /// <summary>Gigabytes that one job may hand on.</summary>
    public const double MaxData = 1e9;

    private static readonly FileForm Form = new("task_invalid", "docs/schemas/organise-task.json");

    /// <summary>The form only: the graph's own rules (names once, known dependencies, no cycle) are those of the hierarchy that is made of it.</summary>
    /// <exception cref="QuorateException">Input, task_invalid: names the field, its value and what is allowed.</exception>
    public static OrganiseTask Read(string json)
    {
        var fields = Form.Parse(json, "name", "jobs", "requirements");
        return new OrganiseTask
        {
            Name = fields.Name("name"),
            Jobs = [.. fields.Objects("jobs", 1, OrganiseTask.MaxJobs, "name", "skill", "duration_s", "data_gb", "depends_on", "load").Select(ReadJob)],
            Requirements = fields.Has("requirements") ? ReadRequirements(fields.Object("requirements", "span_of_control", "deadline_s")) : new OrganiseRequirements(),
        };
    }

    private static OrganiseJob ReadJob(FileFields fields) => new()
    {
        Name = fields.Name("name"),
        Skill = fields.Name("skill"),
        DurationS = fields.Number("duration_s", 0, AuctionRules.MaxSeconds, above: true),
        DataGb = fields.Number("data_gb", 0, MaxData, standard: 0),
        DependsOn = fields.Names("depends_on", OrganiseTask.MaxDependencies),
        Load = fields.Number("load", 0, AgentsFileReader.MaxCapacity, standard: 1, above: true),
    };

    private static OrganiseRequirements ReadRequirements(FileFields fields)
    {
        var usual = new OrganiseRequirements();
        return new OrganiseRequirements
        {
            SpanOfControl = (int)fields.Whole("span_of_control", OrganiseRequirements.LeastSpan, OrganiseRequirements.MostSpan, usual.SpanOfControl),
            DeadlineS = fields.Has("deadline_s") ? fields.Number("deadline_s", 0, AuctionRules.MaxSeconds, above: true) : null,
        };
    }
}
