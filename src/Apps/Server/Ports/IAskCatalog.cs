using Quorate.Contracts.Asking;

namespace Quorate.Server.Ports;

/// <summary>What a question may be made of.</summary>
public interface IAskCatalog
{
    /// <summary>The text put before a question, by domain.</summary>
    IReadOnlyDictionary<string, string> Domains { get; }

    /// <summary>Names of the ethical roles.</summary>
    IReadOnlyList<string> Roles { get; }

    /// <summary>Questions to try, by domain.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<ExampleQuestion>> Examples { get; }
}

public sealed record ExampleQuestion(string Query, QuestionType QuestionType);
