using System.Text.Json.Serialization;

namespace Quorate.Contracts.Asking;

/// <summary>What kind of answer is wanted; it chooses the prompt and how the panel decides.</summary>
public enum QuestionType
{
    /// <summary>The question as it stands: no template, the panel's answers are summarised.</summary>
    [JsonStringEnumMemberName("None")]
    None,

    [JsonStringEnumMemberName("Open-ended")]
    OpenEnded,

    /// <summary>Decided by a vote.</summary>
    [JsonStringEnumMemberName("Yes/No")]
    YesNo,

    /// <summary>Decided by a vote over the request's choices.</summary>
    [JsonStringEnumMemberName("Multiple Choice")]
    MultipleChoice,
}
