using Microsoft.Extensions.AI;
using Quorate.Contracts;

namespace Quorate.Models.Panel;

/// <summary>The configured models, each behind its whole pipeline. A hot reload gives a new panel; one in use stays as it was.</summary>
public interface IModelPanel
{
    /// <summary>In the configuration's order; never empty.</summary>
    IReadOnlyList<MemberInfo> Members { get; }

    /// <exception cref="QuorateException">Input: no such member.</exception>
    IChatClient Client(string member);
}

/// <summary>What anyone may know of a member: no key, no credentials.</summary>
public sealed record MemberInfo
{
    public required string Name { get; init; }

    /// <summary>The preset's name, custom, or embedded.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's name of the model.</summary>
    public required string Model { get; init; }

    public double Temperature { get; init; }

    public int MaxTokens { get; init; }

    /// <summary>Writes the summary unless a request chooses another.</summary>
    public bool Aggregator { get; init; }

    /// <summary>The ethical role that it takes when a request gives none.</summary>
    public string? Role { get; init; }

    /// <summary>True for members that need no network; they are no language models and say so.</summary>
    public bool Embedded { get; init; }
}
